# Numbers of R's cmprsk and survival: Rscript competing.R OUT (folder for competing.json).

suppressPackageStartupMessages({library(survival); library(cmprsk)})

number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")
vector <- function(x) paste0("[", paste(number(as.numeric(x)), collapse = ", "), "]")
object <- function(...) {
  x <- c(...)
  paste0("{", paste0('"', names(x), '": ', x, collapse = ", "), "}")
}

# The model of Fine and Gray by crr (its errors count the censoring), and by Cox's
# regression on rows of finegray, which takes weights and clusters.
by_crr <- function(d, covariates) {
  fit <- crr(d$time, d$cause, as.matrix(d[covariates]), gtol = 1e-12, maxiter = 50)
  c(estimate = vector(fit$coef), std_error = vector(sqrt(diag(fit$var))))
}
by_coxph <- function(d, covariates, weight = NULL, cluster = d$row) {
  d$case <- if (is.null(weight)) 1 else weight
  d$together <- cluster
  long <- finegray(Surv(time, factor(cause, 0:2)) ~ ., data = d, etype = "1",
                   weights = d$case)
  fit <- coxph(reformulate(covariates, "Surv(fgstart, fgstop, fgstatus)"), data = long,
               weights = fgwt, cluster = together, ties = "breslow",
               control = coxph.control(eps = 1e-12, iter.max = 50))
  c(estimate = vector(coef(fit)), std_error = vector(sqrt(diag(vcov(fit)))))
}
gray <- function(d, group, ...) {
  vector(cuminc(d$time, d$cause, d[[group]], ...)$Tests["1", c("stat", "pv", "df")])
}
# Cumulative incidence; the variance is the infinitesimal jackknife.
incidence <- function(d, horizons, weight) {
  fit <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, data = d, weights = weight, id = row)
  at <- summary(fit, times = horizons, extend = TRUE)
  state <- match("1", fit$states)
  object(c(horizons = vector(horizons), estimate = vector(at$pstate[, state]),
           std_error = vector(at$std.err[, state])))
}

set.seed(12)
n <- 60
toy <- data.frame(row = 1:n, time = rexp(n, 0.1), cause = sample(0:2, n, TRUE),
                  x = rbinom(n, 1, 0.5), z = round(rnorm(n), 2),
                  group = sample(0:2, n, TRUE), stratum = sample(0:1, n, TRUE),
                  weight = round(runif(n, 0.2, 3), 3), set = rep(1:20, 3))
toy$tied <- ceiling(toy$time)
tied <- transform(toy, time = tied)
mgus <- with(mgus2, data.frame(row = seq_along(age),
  time = ifelse(pstat == 0, futime, ptime), cause = ifelse(pstat == 0, 2 * death, 1),
  x = as.numeric(sex == "M"), z = age))
breast <- with(rotterdam, data.frame(row = seq_along(age), time = pmin(rtime, dtime),
  cause = ifelse(recur == 1, 1, 2 * death), x = hormon, z = age, stratum = meno))
both <- c("x", "z")

writeLines(paste0(
  "{\n ", '"meta": ', object(
    r = paste0('"', R.version.string, '"'),
    survival = paste0('"', packageVersion("survival"), '"'),
    cmprsk = paste0('"', packageVersion("cmprsk"), '"'),
    made_by = '"tests/oracle/competing.R"'),
  ',\n "rows": ', object(sapply(toy, vector)),
  ',\n "toy": ', object(
    crr = object(by_crr(toy, both)), coxph = object(by_coxph(toy, both)),
    weighted = object(by_coxph(toy, both, toy$weight)),
    clustered = object(by_coxph(toy, both, toy$weight, toy$set)),
    incidence = incidence(toy, c(1, 5, 12, 30), toy$weight),
    gray = gray(toy, "x"), gray_of_three = gray(toy, "group"),
    gray_in_strata = gray(toy, "group", strata = toy$stratum),
    gray_with_rho = gray(toy, "x", rho = 1)),
  ',\n "tied": ', object(
    crr = object(by_crr(tied, both)), gray = gray(tied, "x"),
    gray_of_three = gray(tied, "group"),
    incidence = incidence(tied, c(1, 5, 12, 30), tied$weight)),
  ',\n "mgus2": ', object(
    crr = object(by_crr(mgus, both)), gray = gray(mgus, "x"),
    incidence = incidence(mgus, c(12, 60, 120, 240), rep(1, nrow(mgus)))),
  ',\n "rotterdam": ', object(
    crr = object(by_crr(breast, both)), gray = gray(breast, "x"),
    gray_in_strata = gray(breast, "x", strata = breast$stratum),
    incidence = incidence(breast, c(365, 1825, 3650), rep(1, nrow(breast)))), "\n}"),
  file.path(commandArgs(trailingOnly = TRUE)[1], "competing.json"))
