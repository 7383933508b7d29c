# Subgroups, splines, single terms and influence on rotterdam, for tests/survival/
# test_estimate_regressions.py and test_assess_fragility.py: Rscript support.R > support.json
library(survival)
d <- survival::rotterdam
d$treated <- d$hormon
# Weights without a model, so that nothing but the Cox regression is compared.
d$w <- 0.5 + (seq_len(nrow(d)) %% 7) / 4
d$set <- (seq_len(nrow(d)) - 1) %/% 2
control <- coxph.control(eps = 1e-11, toler.chol = 1e-12, iter.max = 100)
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
wald <- function(fit, which) {
  b <- coef(fit)[which]
  drop(b %*% solve(vcov(fit)[which, which]) %*% b)
}
d$size <- factor(d$size)
plain <- coxph(Surv(dtime, death) ~ treated * size, d, control = control)
weighted <- coxph(Surv(dtime, death) ~ treated * size, d, weights = w, cluster = set, control = control)
places <- 4:5
alone <- coxph(Surv(dtime, death) ~ size, d, control = control)
both <- coxph(Surv(dtime, death) ~ treated + size + age, d, control = control)
knots <- quantile(d$age, c(.05, .35, .65, .95))
# Harrell's basis, norm 2, written out.
rcs <- function(x, t) {
  k <- length(t)
  p <- function(v) pmax(v, 0)^3
  sapply(seq_len(k - 2), function(j) {
    (p(x - t[j]) - p(x - t[k - 1]) * (t[k] - t[j]) / (t[k] - t[k - 1]) +
       p(x - t[k]) * (t[k - 1] - t[j]) / (t[k] - t[k - 1])) / (t[k] - t[1])^2
  })
}
curved <- rcs(d$age, knots)
d$c1 <- curved[, 1]
d$c2 <- curved[, 2]
spline <- coxph(Surv(dtime, death) ~ treated + age + c1 + c2 + size, d, control = control)
s <- d[d$size == ">50", ]
level <- coxph(Surv(dtime, death) ~ treated, s, control = control)
simple <- coxph(Surv(dtime, death) ~ treated, d, weights = w, control = control)
out <- list(
  interaction = wald(plain, places),
  interaction_robust = wald(weighted, places),
  alone = coef(alone), alone_se = sqrt(diag(vcov(alone))),
  overall = wald(both, 2:3), linearity = wald(spline, 3:4),
  level = c(coef(level), sqrt(vcov(level))),
  dfbeta = residuals(simple, "dfbeta", weighted = TRUE)[1:40]
)
cat(sprintf("{\n%s\n}\n", paste(sprintf('  "%s": %s', names(out),
                                        sapply(out, number)), collapse = ",\n")))
