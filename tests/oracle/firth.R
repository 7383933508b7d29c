# Cox regression of several terms with Firth's penalty, by hand: the likelihood and the
# information are survival's at a given point, the rest is base R. Rows of contrasts.json.
#
# Usage: Rscript firth.R > firth.json
suppressPackageStartupMessages(library(survival))
source_of <- readLines("contrasts.R")
eval(parse(text = source_of[seq_len(grep("^of <- function", source_of) - 1)]))
eval(parse(text = source_of[grep("^columns <- function", source_of):(length(source_of) - 2)]))

height_of <- function(d) function(b) {
  fit <- suppressWarnings(coxph(Surv(start, time, event) ~ x + age + stratum, d,
    init = b / c(1, 10, 1), control = coxph.control(iter.max = 0)))
  fit$loglik[2] + log(det(solve(fit$var))) / 2
}
# Newton's steps on differences of five points; age counts in tens.
peak <- function(height, b, free) {
  part <- function(a) height(replace(b, free, a))
  slope <- function(a) sapply(seq_along(a), function(i) {
    e <- replace(numeric(length(a)), i, 1e-3)
    (part(a - 2 * e) - 8 * part(a - e) + 8 * part(a + e) - part(a + 2 * e)) / 12e-3
  })
  a <- optim(b[free], part, method = "BFGS",
             control = list(fnscale = -1, reltol = 1e-14, maxit = 500))$par
  for (round in 1:6) {
    bend <- optimHess(a, part, control = list(ndeps = rep(1e-3, length(a))))
    a <- a - solve(bend, slope(a))
  }
  replace(b, free, a)
}
penalised <- function(d) {
  height <- height_of(d)
  top <- peak(height, c(0, 0, 0), 1:3)
  at <- function(x) height(peak(height, replace(top, 1, x), 2:3))
  floor <- height(top) - qchisq(0.95, 1) / 2
  cross <- function(a, b) uniroot(function(x) at(x) - floor, c(a, b), tol = 1e-9)$root
  information <- coxph(Surv(start, time, event) ~ x + age + stratum, d,
    init = top / c(1, 10, 1), control = coxph.control(iter.max = 0))
  list(coef = I(top / c(1, 10, 1)), se = sqrt(information$var[1, 1]),
       lower = cross(top[1] - 6, top[1]), upper = cross(top[1], top[1] + 6),
       p = pchisq(2 * (height(top) - at(0)), 1, lower.tail = FALSE))
}
# All who die are of one arm: the likelihood alone has no maximum.
none <- few
none$event <- none$event * none$x
cat(json(list(few = penalised(few), heart = penalised(heart), none = penalised(none))), "\n")
