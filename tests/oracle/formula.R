# Logits of a logistic regression with a natural spline, for tests/test_formula.py:
#     Rscript formula.R > formula.json
library(survival)
library(splines)
knots <- quantile(rotterdam$age, c(.05, .35, .65, .95))
f <- glm(hormon ~ ns(age, knots = knots[2:3], Boundary.knots = knots[c(1, 4)]) + nodes,
         family = binomial(), data = rotterdam,
         control = glm.control(epsilon = 1e-14, maxit = 100))
show <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
cat(sprintf('{\n  "knots": %s,\n  "logits": %s\n}\n', show(knots),
            show(predict(f)[1:20])))
