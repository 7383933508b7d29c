# One set of numbers for each of four cohorts of survival, and one tiny: curves, log-rank,
# Cox regressions, cox.zph, restricted means; of two, competing events. Curves are given
# as sums over all their times, so that no figure can be off unseen.
#
# Usage: Rscript cohorts.R > cohorts.json
suppressPackageStartupMessages({library(survival); library(cmprsk)})
source_of <- readLines("contrasts.R")
eval(parse(text = source_of[seq_len(grep("^zph <- function", source_of) + 3)]))
SCALES <- c("km", "rank", "identity", "log")

rows <- function(time, event, x, age, stratum, cause = NULL) {
  n <- length(time)
  d <- data.frame(time = time, event = event, x = x, age = age, stratum = stratum,
                  w = 0.5 + (seq_len(n) * 7 %% 11) %% 5 / 2, set = (seq_len(n) - 1) %/% 3)
  d$cause <- if (is.null(cause)) NA else cause
  d
}
curve <- function(d, tau, ...) {
  fit <- survfit(Surv(time, event) ~ 1, d, conf.type = "log-log", ...)
  error <- if (fit$logse) fit$std.err * fit$surv else fit$std.err
  inside <- fit$surv > 0 & fit$surv < 1
  area <- summary(survfit(Surv(time, event) ~ 1, d), rmean = tau)$table
  list(n = length(fit$time), surv = sum(fit$surv), error = sum(error[fit$surv > 0]),
       lower = sum(fit$lower[inside]), upper = sum(fit$upper[inside]),
       median = unname(summary(fit)$table["median"]),
       rmst = I(unname(area[c("rmean", "se(rmean)")])))
}
two <- function(...) {
  fit <- cox(...)
  list(coef = I(unname(coef(fit))), se = I(unname(sqrt(diag(as.matrix(vcov(fit)))))))
}
competing <- function(d, horizons) {
  one <- d[d$x == 1, ]
  one$id <- seq_len(nrow(one))
  fit <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, one, id = id)
  at <- summary(fit, times = horizons)
  state <- match("1", fit$states)
  found <- crr(d$time, d$cause, as.matrix(d[c("x", "age")]), gtol = 1e-12, maxiter = 50)
  list(horizons = I(horizons), share = I(at$pstate[, state]), error = I(at$std.err[, state]),
       gray = unname(cuminc(d$time, d$cause, d$x)$Tests["1", "stat"]),
       crr = I(unname(found$coef)), crr_se = I(sqrt(diag(found$var))))
}
of <- function(d, tau, horizons = NULL) {
  S <- Surv(time, event) ~ x + age
  plain <- cox(S, d)
  zphs <- lapply(SCALES, function(s) zph(plain, s))
  names(zphs) <- SCALES
  found <- list(
    treated = curve(d[d$x == 1, ], tau), control = curve(d[d$x == 0, ], tau),
    weighted = curve(d[d$x == 1, ], tau, weights = d$w[d$x == 1], robust = TRUE),
    logrank = survdiff(Surv(time, event) ~ x, d)$chisq,
    stratified_logrank = survdiff(Surv(time, event) ~ x + strata(stratum), d)$chisq,
    cox = two(S, d), cox_strata = two(Surv(time, event) ~ x + age + strata(stratum), d),
    cox_cluster = two(S, d, cluster = d$set),
    cox_weighted = two(S, d, weights = d$w, cluster = d$set), zph = zphs)
  if (!is.null(horizons)) found$competing <- competing(d, horizons)
  found
}

veteran <- with(survival::veteran, rows(time, status, trt - 1, age, as.integer(celltype)))
lung <- with(survival::lung, rows(time, status - 1, sex - 1, age, as.integer(ph.karno > 80) ))
lung$stratum[is.na(lung$stratum)] <- 0
first <- with(myeloid, pmin(crtime, futime, na.rm = TRUE))
myeloid <- with(survival::myeloid, rows(
  futime, death, as.integer(trt == "B"), as.integer(sex == "f"), id %% 4,
  ifelse(!is.na(crtime) & crtime <= futime, 1, 2 * death)))
remission <- transform(myeloid, time = first)
mgus2 <- with(survival::mgus2, rows(futime, death, as.integer(sex == "M"), age, id %% 5,
  ifelse(pstat == 1, 1, 2 * death)))
progress <- with(survival::mgus2, transform(mgus2, time = ifelse(pstat == 1, ptime, futime)))
tiny <- rows(c(3, 5, 5, 8, 10, 12, 5, 9), c(1, 1, 0, 1, 0, 1, 1, 0), c(1, 0, 1, 0, 1, 0, 0, 1),
             c(60, 50, 55, 70, 65, 40, 58, 47), c(0, 0, 0, 0, 1, 1, 1, 1))
both <- function(d, tau, other, horizons)
  c(of(d, tau), list(competing = competing(other, horizons)))
cat(json(list(
  veteran = of(veteran, 365), lung = of(lung, 700), tiny = of(tiny, 8),
  myeloid = both(myeloid, 1500, remission, c(30, 60, 365, 1000)),
  mgus2 = both(mgus2, 240, progress, c(12, 60, 120, 240)))), "\n")
