# Firth's logistic regression by base R: Newton's steps on the modified score
# X'(y - p + h(1/2 - p)), h the leverages of the weighted fit, to 1e-12.
#
# Usage: Rscript score.R > score.json

suppressPackageStartupMessages(library(survival))

firth <- function(X, y) {
  b <- numeric(ncol(X))
  for (step in 1:1000) {
    p <- plogis(drop(X %*% b))
    w <- p * (1 - p)
    h <- hat(qr.Q(qr(X * sqrt(w))), intercept = FALSE)
    covariance <- chol2inv(qr.R(qr(X * sqrt(w))))
    change <- drop(covariance %*% crossprod(X, y - p + h * (0.5 - p)))
    change <- change * min(1, 1 / max(abs(change)))
    b <- b + change
    if (max(abs(change) / (1 + abs(b))) < 1e-12) break
  }
  stopifnot(step < 1000)
  list(estimate = b, std_error = sqrt(diag(covariance)))
}

numbers <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")

# The first 1,000 patients; `rare` is 1 for the first three treated alone, so that it
# separates the arms.
d <- head(rotterdam, 1000)
rare <- as.numeric(seq_len(1000) %in% head(which(d$hormon == 1), 3))
columns <- list(plain = cbind(1, age = d$age, nodes = d$nodes, year = d$year - 1985),
                separated = cbind(1, age = d$age, nodes = d$nodes, rare = rare))
parts <- vapply(names(columns), function(name) {
  fit <- firth(columns[[name]], d$hormon)
  sprintf(' "%s": {\n  "estimate": %s,\n  "std_error": %s\n }', name,
          numbers(fit$estimate), numbers(fit$std_error))
}, "")
glm_fit <- glm(d$hormon ~ columns$plain[, -1], family = binomial,
               control = glm.control(epsilon = 1e-14))
check <- firth(columns$plain, d$hormon)$estimate
stopifnot(max(abs(check / coef(glm_fit) - 1)) < 0.5)  # near, but not the same
cat("{\n", paste(parts, collapse = ",\n"), "\n}\n", sep = "")
