# The Stanford heart transplant programme on each clock, by survival 3.5, from R's own
# `survival::jasa`; then 16 hand-written rows in (start, stop] form.
#
# Usage: Rscript heart.R > heart.json

suppressPackageStartupMessages(library(survival))
COX <- coxph.control(eps = 1e-11, iter.max = 100)

# ------------------------------------------------------------ JSON, 17 digits

quoted <- function(text) paste0('"', text, '"')

# A named list is an object, an unnamed vector an array; one value in I() stays one.
json <- function(x, pad = "") {
  inner <- paste0(pad, " ")
  if (is.list(x)) {
    values <- paste0(quoted(names(x)), ": ", vapply(x, json, "", pad = inner))
    return(paste0("{\n", inner, paste(values, collapse = paste0(",\n", inner)),
                  "\n", pad, "}"))
  }
  text <- if (is.numeric(x)) sprintf("%.17g", x) else quoted(x)
  text <- ifelse(is.na(x) | x %in% c(Inf, -Inf), "null", text)
  if (length(text) == 1 && !inherits(x, "AsIs")) return(text)
  paste0("[", paste(text, collapse = ", "), "]")
}

# ---------------------------------------------------------------- what is asked

# do.call puts the data into the call, where cox.zph() and others look for them again.
fitted_to <- function(formula, d, ..., ties = "efron")
  do.call(coxph, list(formula, data = d, ties = ties, control = COX, ...))

cox_of <- function(formula, d, ...) {
  fit <- fitted_to(formula, d, ...)
  list(coef = I(unname(coef(fit))), se = I(sqrt(diag(unname(vcov(fit))))),
       loglik = fit$loglik[2])
}

zph_of <- function(formula, d) as.list(cox.zph(fitted_to(formula, d))$table["GLOBAL", ])

curve_of <- function(y, weight = NULL) {
  robust <- !is.null(weight)
  args <- list(y ~ 1, conf.type = "log-log")
  if (robust)
    args <- c(args, list(weights = weight, robust = TRUE, id = seq_along(weight)))
  fit <- do.call(survfit, args)
  # std.err is on the log scale or on that of survival: `logse` says which.
  error <- if (isTRUE(fit$logse)) fit$std.err * fit$surv else fit$std.err
  list(time = I(fit$time), n_risk = I(fit$n.risk), n_event = I(fit$n.event),
       n_censor = I(fit$n.censor), surv = I(fit$surv), std_err = I(error),
       lower = I(fit$lower), upper = I(fit$upper))
}

# survdiff takes no entries. The log-rank test is the score test of the exact partial
# likelihood (`method = "exact"`), whose variance is the hypergeometric one.
mantel_byar <- function(formula, d) {
  fit <- fitted_to(formula, d, ties = "exact")
  list(chisq = fit$score, p = pchisq(fit$score, 1, lower.tail = FALSE))
}

# The same by its sums, for data that the exact likelihood cannot take.
by_sums <- function(start, stop, event, treated) {
  sums <- vapply(sort(unique(stop[event == 1])), function(t) {
    at_risk <- start < t & stop >= t
    dead <- stop == t & event == 1
    n <- sum(at_risk); m <- sum(at_risk & treated == 1); d <- sum(dead)
    spread <- if (n > 1) d * (m / n) * (1 - m / n) * (n - d) / (n - 1) else 0
    c(sum(dead & treated == 1) - d * m / n, spread)
  }, numeric(2))
  sum(sums[1, ])^2 / sum(sums[2, ])
}

logrank_of <- function(formula, d) {
  found <- survdiff(formula, data = d)
  list(chisq = found$chisq, p = pchisq(found$chisq, 1, lower.tail = FALSE))
}

# -------------------------------------------------------------------- the heart

# As Therneau's vignette on time-dependent covariates, section 3.3: who died on the day
# of acceptance is followed for half a day, and a transplant on the last day is moved
# back by half a day.
j <- jasa
j$id <- seq_len(nrow(j))
j$days <- pmax(0.5, as.numeric(j$fu.date - j$accept.dt))
j$wait <- as.numeric(j$tx.date - j$accept.dt)
stopifnot(identical(is.na(j$wait), j$transplant == 0))
j$moved <- ifelse(j$wait == j$days, j$wait - 0.5, j$wait)

changing <- tmerge(j, j, id = id, death = event(days, fustat), trt = tdc(moved))
stopifnot(nrow(changing) == 170, sum(changing$death) == 75)

# survival::heart adds a day to every follow-up instead, and has 172 rows.
kept <- heart[order(heart$id, heart$start), ]
same <- with(kept, tapply(stop, id, max)) - 1
stopifnot(max(abs(pmax(0.5, same) - j$days[as.integer(names(same))])) < 0.51)

response <- with(changing, Surv(tstart, tstop, death))
arm_of <- function(rows) curve_of(response[rows])

landmark_of <- function(day) {
  s <- j[j$days > day, ]
  s$treated <- as.numeric(!is.na(s$wait) & s$wait <= day)
  s$left <- s$days - day
  list(id = I(s$id), treated = I(s$treated),
       cox = cox_of(Surv(left, fustat) ~ treated, s),
       adjusted = cox_of(Surv(left, fustat) ~ treated + age + surgery, s),
       zph = zph_of(Surv(left, fustat) ~ treated, s),
       logrank = logrank_of(Surv(left, fustat) ~ treated, s))
}

rows_of <- function(d) list(
  id = I(d$id), start = I(d$tstart), stop = I(d$tstop), event = I(d$death),
  treated = I(as.numeric(d$trt)))

ever <- with(j, Surv(days, fustat))
out <- list(
  meta = list(r = R.version.string, survival = as.character(packageVersion("survival"))),
  rows = rows_of(changing),
  heart = list(id = I(kept$id), start = I(kept$start), stop = I(kept$stop),
               event = I(kept$event),
               treated = I(as.numeric(as.character(kept$transplant)))),
  naive = list(
    cox = cox_of(Surv(days, fustat) ~ transplant, j),
    adjusted = cox_of(Surv(days, fustat) ~ transplant + age + surgery, j),
    zph = zph_of(Surv(days, fustat) ~ transplant, j),
    logrank = logrank_of(Surv(days, fustat) ~ transplant, j),
    treated = curve_of(ever[j$transplant == 1]),
    control = curve_of(ever[j$transplant == 0])),
  time_dependent = list(
    cox = cox_of(Surv(tstart, tstop, death) ~ trt, changing),
    adjusted = cox_of(Surv(tstart, tstop, death) ~ trt + age + surgery, changing),
    clustered = cox_of(Surv(tstart, tstop, death) ~ trt, changing,
                       cluster = changing$id),
    zph = zph_of(Surv(tstart, tstop, death) ~ trt, changing),
    zph_adjusted = zph_of(Surv(tstart, tstop, death) ~ trt + age + surgery, changing),
    mantel_byar = mantel_byar(Surv(tstart, tstop, death) ~ trt, changing),
    treated = arm_of(changing$trt == 1),
    control = arm_of(changing$trt == 0)),
  landmark_30 = landmark_of(30), landmark_60 = landmark_of(60),
  landmark_90 = landmark_of(90))
by_hand <- with(changing, by_sums(tstart, tstop, death, trt))
stopifnot(abs(by_hand / out$time_dependent$mantel_byar$chisq - 1) < 1e-9)

# ------------------------------------------------------------- hand-written rows

# Ties of events within and across arms, an entry at an event time (3 and 6), treated
# who enter when nobody of theirs is at risk, a censoring at an event time, clusters of
# one to four rows, weights from 0.25 to 3.
toy <- list(
  start = c(0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 3, 4, 6, 6, 7, 1),
  stop = c(3, 3, 5, 6, 6, 8, 10, 12, 6, 6, 8, 9, 10, 11, 12, 4),
  event = c(1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1),
  treated = c(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
  x = c(0.3, -1.2, 0.8, 0.1, 1.5, -0.4, -0.9, 0.6, 0.2, -0.7, 1.1, 0.9, -0.2, 0.4,
        -1.4, 0.5),
  weight = c(1, 0.25, 3, 1.5, 0.75, 1.2, 0.8, 2, 1, 0.4, 1.7, 0.9, 2.5, 0.6, 1.1, 1.3),
  cluster = c(1, 2, 3, 3, 4, 5, 6, 6, 1, 2, 2, 4, 6, 7, 7, 6))

# What R says of some rows of the toy; a list of what it can be asked.
asked <- function(d) {
  y <- with(d, Surv(start, stop, event))
  plain <- Surv(start, stop, event) ~ treated
  both <- Surv(start, stop, event) ~ treated + x
  rows <- d$treated == 1
  list(
    rows = lapply(as.list(d), I),
    cox = cox_of(plain, d), adjusted = cox_of(both, d),
    weighted = cox_of(both, d, weights = d$weight,
                      cluster = seq_along(d$weight)),
    clustered = cox_of(both, d, cluster = d$cluster),
    weighted_clustered = cox_of(both, d, weights = d$weight,
                                cluster = d$cluster),
    zph = zph_of(plain, d), zph_adjusted = zph_of(both, d),
    mantel_byar = mantel_byar(plain, d),
    sums = by_sums(d$start, d$stop, d$event, d$treated),
    treated = curve_of(y[rows]), control = curve_of(y[!rows]),
    treated_weighted = curve_of(y[rows], d$weight[rows]),
    control_weighted = curve_of(y[!rows], d$weight[!rows]))
}

d <- as.data.frame(toy)
out$toy <- asked(d)
# Time in months and moved: the same but for the scale.
out$toy_scaled <- asked(transform(d, start = start / 7, stop = stop / 7))
# Entries after the last event of those before: the risk set is empty between.
late <- rbind(d[d$stop <= 6, ], transform(d[d$stop <= 6, ], start = start + 20,
                                          stop = stop + 20, x = rev(x)))
out$toy_gap <- asked(late)
# A member who enters after every event, and two entering at the last event time.
after <- rbind(d, data.frame(start = c(13, 12, 12), stop = c(15, 14, 16), event = 0,
                             treated = c(1, 0, 1), x = c(5, -5, 2), weight = 2,
                             cluster = c(8, 8, 1)))
out$toy_late_entry <- asked(after)
# Negative entries, as of a clock that starts before time zero.
out$toy_early <- asked(transform(d, start = start - 4, stop = stop - 4))
cat(json(out), "\n", sep = "")
