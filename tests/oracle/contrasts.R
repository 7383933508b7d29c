# Contrasts of two arms by survival 3.5: rank tests, Cox regressions with strata,
# clusters and weights, cox.zph on each scale, likelihood limits, Firth's penalty,
# periods, a trend in log time, pseudo-values. Data: survival's own veteran, lung, heart.
#
# Usage: Rscript contrasts.R > contrasts.json
suppressPackageStartupMessages(library(survival))
COX <- coxph.control(eps = 1e-11, iter.max = 100)

quoted <- function(text) paste0('"', text, '"')
json <- function(x) {
  if (is.list(x)) {
    values <- paste0(quoted(names(x)), ": ", vapply(x, json, ""))
    return(paste0("{", paste(values, collapse = ",\n"), "}"))
  }
  text <- if (is.numeric(x)) sprintf("%.17g", x) else quoted(x)
  text <- ifelse(is.na(x) | x %in% c(Inf, -Inf), "null", text)
  if (length(text) == 1 && !inherits(x, "AsIs")) return(text)
  paste0("[", paste(text, collapse = ", "), "]")
}

cox <- function(formula, d, ..., ties = "efron")
  do.call(coxph, list(formula, data = d, ties = ties, control = COX, ...))
both <- function(fit, k = 1) I(c(unname(coef(fit))[k], sqrt(diag(as.matrix(vcov(fit))))[k]))

# The penalised likelihood from R's own likelihood and information at a given point.
held <- function(b, d) {
  fit <- suppressWarnings(coxph(Surv(start, time, event) ~ x, data = d, init = b,
                                control = coxph.control(iter.max = 0)))
  c(level = fit$loglik[2], information = 1 / fit$var[1, 1])
}
likelihood <- function(d, firth) {
  height <- function(b) {
    at <- held(b, d)
    unname(at["level"] + if (firth) log(at["information"]) / 2 else 0)
  }
  found <- optimize(height, c(-8, 8), maximum = TRUE, tol = 1e-10)
  floor <- found$objective - qchisq(0.95, 1) / 2
  cross <- function(low, high)
    uniroot(function(b) height(b) - floor, c(low, high), tol = 1e-11)$root
  middle <- found$maximum
  list(coef = middle, lower = cross(-15, middle), upper = cross(middle, 15),
       p = pchisq(2 * (found$objective - height(0)), 1, lower.tail = FALSE))
}

zph <- function(fit, scale) {
  found <- cox.zph(fit, transform = scale)$table
  list(chisq = I(unname(found[, "chisq"])), df = I(unname(found[, "df"])))
}

of <- function(d) {
  d$id <- seq_len(nrow(d))
  plain <- cox(Surv(start, time, event) ~ x, d)
  more <- cox(Surv(start, time, event) ~ x + age, d)
  split <- survSplit(Surv(start, time, event) ~ ., d, cut = 90, episode = "period")
  periods <- lapply(1:2, function(k)
    both(cox(Surv(start, time, event) ~ x, split[split$period == k, ])))
  # Fitted on rows split at each event, as tt() does.
  fine <- survSplit(Surv(start, time, event) ~ ., d,
                    cut = sort(unique(d$time[d$event == 1])))
  fine$slope <- fine$x * log2(fine$time)
  trend <- cox(Surv(start, time, event) ~ x + slope, fine)
  robust <- cox(Surv(start, time, event) ~ x, d, weights = d$w, cluster = d$id,
                ties = "breslow")
  paired <- cox(Surv(start, time, event) ~ x, d, cluster = d$pair, ties = "breslow")
  list(
    start = I(d$start), time = I(d$time), event = I(d$event), x = I(d$x),
    age = I(d$age), w = I(d$w), stratum = I(d$stratum), pair = I(d$pair),
    weighted_logrank = robust$rscore, paired_logrank = paired$rscore,
    stratified = both(cox(Surv(start, time, event) ~ x + strata(stratum), d)),
    stratified_weighted = both(cox(Surv(start, time, event) ~ x + strata(stratum), d,
                                   weights = d$w, cluster = d$id)),
    clustered = both(cox(Surv(start, time, event) ~ x, d, cluster = d$pair)),
    clustered_weighted = both(cox(Surv(start, time, event) ~ x, d, weights = d$w,
                                  cluster = d$pair)),
    offset = both(cox(Surv(start, time, event) ~ x + offset(age / 20), d)),
    zph_km = zph(more, "km"), zph_rank = zph(more, "rank"),
    zph_identity = zph(more, "identity"), zph_log = zph(more, "log"),
    period_1 = periods[[1]], period_2 = periods[[2]],
    trend = I(unname(coef(trend))), trend_var = I(c(vcov(trend))),
    profile = likelihood(d, FALSE), firth = likelihood(d, TRUE))
}

right <- function(d) {
  first <- d$start == 0
  list(
    logrank = survdiff(Surv(time, event) ~ x, d)$chisq,
    rho_1 = survdiff(Surv(time, event) ~ x, d, rho = 1)$chisq,
    stratified_logrank = survdiff(Surv(time, event) ~ x + strata(stratum), d)$chisq,
    log = limits(d, "log"), plain = limits(d, "plain"),
    pseudo = pseudo_of(d[d$x == 1, ], "pstate"),
    pseudo_area = pseudo_of(d[d$x == 1, ], "rmst"))
}

# do.call puts the data into the call, where pseudo() looks for them again.
pseudo_of <- function(d, type) {
  fit <- do.call(survfit, list(Surv(time, event) ~ 1, data = d))
  I(as.vector(pseudo(fit, times = 90, type = type)))
}

limits <- function(d, scale) {
  fit <- survfit(Surv(time, event) ~ 1, d[d$x == 1, ], conf.type = scale)
  list(lower = I(fit$lower), upper = I(fit$upper))
}

columns <- function(start, time, event, x, age, stratum) {
  n <- length(time)
  data.frame(start = start, time = time, event = event, x = x, age = age,
             stratum = stratum, w = 0.5 + (seq_len(n) * 7 %% 11) %% 5 / 2,
             pair = (seq_len(n) - 1) %/% 2)
}

veteran <- with(survival::veteran, columns(0, time, status, trt - 1, age,
                                           as.integer(celltype)))
few <- with(survival::veteran[seq(1, 137, 8), ], columns(
  0, time, status * (trt == 1 | time < 20), trt - 1, age, as.integer(prior > 0)))
heart <- with(survival::heart, columns(start, stop, event, as.integer(transplant) - 1,
                                       age, surgery))
cat(json(list(veteran = c(of(veteran), right(veteran)),
              few = c(of(few), right(few)), heart = of(heart))), "\n")
