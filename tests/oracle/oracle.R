# Numbers that R makes, for tests that need no R.
#
# Usage: Rscript oracle.R OUT NAME [CSV]
#   OUT   folder that receives NAME.json
#   NAME  toy | rotterdam | hepatocellular | sysucc
#   CSV   hepatocellular: asaur's hepatoCellular; sysucc: sysucc_hcc.csv
# make_oracle.py runs all four. README.md explains the keys.

options(warn = 1, contrasts = c("contr.treatment", "contr.poly"))
suppressPackageStartupMessages(library(survival))

MONTH <- 30.4375
MONTHS <- c(12, 24, 36, 60)
N_SAMPLED <- 60
ARMS <- c(control = 0, treated = 1)
Z95 <- qnorm(0.975)
# Fully converged, so that a test measures Python and not where R happened to stop.
GLM <- glm.control(epsilon = 1e-14, maxit = 100)
COX <- coxph.control(eps = 1e-11, iter.max = 100)

# ---------------------------------------------------------------- JSON, 17 digits

quoted <- function(s) paste0('"', gsub('"', '\\\\"', s), '"')

atoms <- function(x) {
  if (is.factor(x)) x <- as.character(x)
  text <- if (is.logical(x)) tolower(as.character(x))
          else if (is.numeric(x)) sprintf("%.17g", x)
          else quoted(x)
  ifelse(is.na(x) | x %in% c(Inf, -Inf), "null", text)
}

# A named list or vector is an object, an unnamed one an array, length 1 a scalar
# unless it is wrapped in I().
json <- function(x, pad = "") {
  inner <- paste0(pad, " ")
  if (is.null(x)) return("null")
  if (is.list(x)) {
    if (!length(x)) return("{}")
    values <- vapply(x, json, "", pad = inner)
    if (!is.null(names(x))) values <- paste0(quoted(names(x)), ": ", values)
    ends <- if (is.null(names(x))) c("[", "]") else c("{", "}")
    return(paste0(ends[1], "\n", inner, paste(values, collapse = paste0(",\n", inner)),
                  "\n", pad, ends[2]))
  }
  a <- atoms(x)
  if (!is.null(names(x)))
    return(paste0("{", paste0(quoted(names(x)), ": ", a, collapse = ", "), "}"))
  if (length(a) == 1 && !inherits(x, "AsIs")) return(a)
  paste0("[", paste(a, collapse = ", "), "]")
}

# ---------------------------------------------------------------- one arm's curve

# do.call puts the data into the call, where residuals() looks for them again.
curve_fit <- function(d, weighted, event = d$event) {
  d$y <- if (is.null(d$entry)) Surv(d$time, event) else Surv(d$entry, d$time, event)
  args <- list(y ~ 1, data = d, conf.type = "log-log")
  if (weighted)
    args <- c(args, list(weights = d$weight, robust = TRUE, id = seq_along(d$time)))
  do.call(survfit, args)
}

# std.err is stored on the log scale or on that of survival: `logse` says which.
std_err <- function(f) if (isTRUE(f$logse)) f$std.err * f$surv else f$std.err

curve_table <- function(f, rows) list(
  time = I(f$time[rows]), n_risk = I(f$n.risk[rows]), n_event = I(f$n.event[rows]),
  n_censor = I(f$n.censor[rows]), surv = I(f$surv[rows]),
  std_err = I(std_err(f)[rows]), lower = I(f$lower[rows]), upper = I(f$upper[rows]))

# About N_SAMPLED event times spread over the curve, the first and the last included.
sampled <- function(f) {
  events <- which(f$n.event > 0)
  n <- min(N_SAMPLED, length(events))
  events[unique(round(seq(1, length(events), length.out = n)))]
}

quantile_of <- function(f, p = 0.5) {
  q <- quantile(f, p)
  c(time = unname(q$quantile), lower = unname(q$lower), upper = unname(q$upper))
}

# An entry for each horizon (months) that the arm's follow-up reaches.
survival_at <- function(f) {
  months <- MONTHS[MONTHS * MONTH <= max(f$time)]
  if (!length(months)) return(list())
  i <- findInterval(months * MONTH, f$time)   # last time <= horizon; 0: before any
  pick <- function(x, first) ifelse(i == 0, first, x[pmax(i, 1)])
  rows <- lapply(seq_along(months), function(k) c(
    days = months[k] * MONTH, surv = pick(f$surv, 1)[k],
    std_err = pick(std_err(f), 0)[k], lower = pick(f$lower, NA)[k],
    upper = pick(f$upper, NA)[k]))
  setNames(rows, months)
}

# dS(t)/dw_i for all rows and distinct times: d log S = sum (Y_i - N_i)/(Y - d) - Y_i/Y
influence_of_curve <- function(d, f) {
  entry <- if (is.null(d$entry)) -Inf else d$entry
  at_risk <- outer(d$time, f$time, ">=") & outer(entry + 0 * d$time, f$time, "<")
  dies <- outer(d$time, f$time, "==") & d$event == 1
  left <- f$n.risk - f$n.event
  step <- sweep(at_risk - dies, 2, ifelse(f$surv > 0, left, 1), "/") -
    sweep(at_risk, 2, f$n.risk, "/")
  sweep(t(apply(step, 1, cumsum)), 2, f$surv, "*")
}

area <- function(surv, time, tau) {
  k <- time < tau
  sum(diff(c(0, time[k], tau)) * c(1, surv[k]))
}

# RMST to tau: plug-in Greenwood error without weights, infinitesimal jackknife with.
rmst_arm <- function(d, weighted, tau) {
  f <- curve_fit(d, weighted)
  value <- area(f$surv, f$time, tau)
  if (!weighted) {
    table <- summary(f, rmean = tau)$table
    stopifnot(abs(table[["rmean"]] - value) < 1e-9 * tau)
    return(c(rmst = value, se = table[["se(rmean)"]]))
  }
  r <- residuals(f, times = tau, type = "rmst")
  k <- f$time < tau
  own <- influence_of_curve(d, f)[, k, drop = FALSE] %*% diff(c(f$time[k], tau))
  stopifnot(max(abs(own - r)) < 1e-8 * tau)
  c(rmst = value, se = sqrt(sum((d$weight * r)^2)))
}

rmst_block <- function(d, weighted) {
  reach <- min(tapply(d$time, d$treated, max))
  months <- MONTHS[MONTHS * MONTH <= reach]
  setNames(lapply(months, function(m) {
    arms <- lapply(ARMS, function(a) rmst_arm(d[d$treated == a, ], weighted, m * MONTH))
    gap <- arms$treated[["rmst"]] - arms$control[["rmst"]]
    se <- sqrt(arms$treated[["se"]]^2 + arms$control[["se"]]^2)
    c(list(days = m * MONTH), arms,
      list(difference = c(value = gap, se = se, lower = gap - Z95 * se,
                          upper = gap + Z95 * se, p = 2 * pnorm(-abs(gap / se)))))
  }), months)
}

# `robust` without `id` gives the same error; both equal sqrt(sum (w_i dS/dw_i)^2).
check_jackknife <- function(d, f) {
  own <- sqrt(colSums((d$weight * influence_of_curve(d, f))^2))
  k <- f$surv > 0
  stopifnot(max(abs(own - std_err(f))[k]) < 1e-10)
}

arm_block <- function(d, weighted) {
  f <- curve_fit(d, weighted)
  rows <- sampled(f)
  out <- list(n = nrow(d), events = sum(d$event))
  if (weighted) {
    check_jackknife(d, f)
    out$weight_sum <- sum(d$weight)
    out$weighted_events <- sum(d$weight * d$event)
    out$ess <- sum(d$weight)^2 / sum(d$weight^2)
  }
  out$max_time <- max(d$time)
  out$n_times <- length(f$time)
  out$n_event_times <- sum(f$n.event > 0)
  out$km <- curve_table(f, rows)
  out$median <- quantile_of(f)
  out$survival_at <- survival_at(f)
  if (!weighted) out$followup <- quantile_of(curve_fit(d, FALSE, event = 1 - d$event))
  out
}

# ---------------------------------------------------------------- tests and models

logrank <- function(f, d) {
  s <- survdiff(f, data = d)
  total <- function(x) as.numeric(if (is.matrix(x)) rowSums(x) else x)
  observed <- total(s$obs)
  list(chisq = s$chisq, p = pchisq(s$chisq, length(observed) - 1, lower.tail = FALSE),
       observed = setNames(observed, names(ARMS)),
       expected = setNames(total(s$exp), names(ARMS)), variance = s$var[1, 1])
}

cox_block <- function(fit) {
  cf <- summary(fit)$coefficients
  robust <- "robust se" %in% colnames(cf)
  terms <- lapply(rownames(cf), function(term) {
    b <- cf[term, "coef"]
    se <- cf[term, if (robust) "robust se" else "se(coef)"]
    c(coef = b, se = se, if (robust) c(naive_se = cf[term, "se(coef)"]), hr = exp(b),
      lower = exp(b - Z95 * se), upper = exp(b + Z95 * se), z = b / se,
      p = 2 * pnorm(-abs(b / se)))
  })
  s <- summary(fit)
  list(n = fit$n, events = fit$nevent, terms = setNames(terms, rownames(cf)),
       loglik_null = fit$loglik[1], loglik = fit$loglik[2],
       likelihood_ratio = s$logtest[["test"]], score = s$sctest[["test"]])
}

zph_block <- function(fit) {
  t <- cox.zph(fit, transform = "km")$table
  setNames(lapply(rownames(t), function(r) c(chisq = t[r, "chisq"], p = t[r, "p"])),
           rownames(t))
}

endpoint_block <- function(d, covariates) {
  y <- "Surv(time, event) ~ treated"
  alone <- coxph(as.formula(y), d, control = COX)
  out <- list(
    n = nrow(d), events = sum(d$event),
    arms = lapply(ARMS, function(a) arm_block(d[d$treated == a, ], FALSE)),
    followup_all = quantile_of(curve_fit(d, FALSE, event = 1 - d$event)),
    logrank = logrank(as.formula(y), d), rmst = rmst_block(d, FALSE),
    cox_treated = cox_block(alone), zph_treated = zph_block(alone))
  if (length(covariates)) {
    adjusted <- as.formula(paste(c(y, covariates), collapse = " + "))
    full <- coxph(adjusted, d, control = COX)
    out$cox_adjusted <- cox_block(full)
    out$zph_adjusted <- zph_block(full)
  }
  out
}

weighted_endpoint_block <- function(d) {
  fit <- coxph(Surv(time, event) ~ treated, d, weights = weight, robust = TRUE,
               control = COX)
  list(arms = lapply(ARMS, function(a) arm_block(d[d$treated == a, ], TRUE)),
       rmst = rmst_block(d, TRUE), cox_treated = cox_block(fit),
       zph_treated = zph_block(fit))
}

# ---------------------------------------------------------------- propensity

propensity <- function(d, covariates, n_logits) {
  fit <- suppressWarnings(glm(reformulate(covariates, "treated"), binomial(), d,
                              control = GLM))
  s <- summary(fit)$coefficients
  logit <- unname(predict(fit, type = "link"))
  out <- list(
    formula = paste(deparse(formula(fit), 500), collapse = ""),
    terms = setNames(lapply(rownames(s), function(r) c(coef = s[r, 1], se = s[r, 2])),
                     rownames(s)),
    separated = I(rownames(s)[s[, 2] > 1000]),
    deviance = fit$deviance, null_deviance = fit$null.deviance,
    logit_sd_all = sd(logit), caliper_0.2_sd = 0.2 * sd(logit),
    logit_mean = c(control = mean(logit[d$treated == 0]),
                   treated = mean(logit[d$treated == 1])),
    logit_sd = c(control = sd(logit[d$treated == 0]),
                 treated = sd(logit[d$treated == 1])))
  if (n_logits) out$first_logits <- I(head(logit, n_logits))
  list(out = out, ps = unname(fitted(fit)))
}

weight_sets <- function(z, e) list(
  ate = z / e + (1 - z) / (1 - e), att = z + (1 - z) * e / (1 - e),
  ato = z * (1 - e) + (1 - z) * e)

# Numeric columns of the covariates: each level of a factor of three or more levels,
# the second level of a factor of two.
columns <- function(d, covariates) {
  out <- list()
  for (v in covariates) {
    x <- d[[v]]
    if (!is.factor(x)) { out[[v]] <- x; next }
    levels <- if (nlevels(x) == 2) levels(x)[2] else levels(x)
    for (l in levels) out[[paste0(v, l)]] <- as.numeric(x == l)
  }
  out
}

variance <- function(x, w, binary) {
  w <- w / sum(w)
  m <- sum(w * x)
  if (binary) m * (1 - m) else sum(w * (x - m)^2) / (1 - sum(w^2))
}

# smd_*: the denominator is that of the unweighted sample.
balance <- function(d, covariates, w) {
  z <- d$treated == 1
  one <- rep(1, nrow(d))
  lapply(columns(d, covariates), function(x) {
    binary <- all(x %in% 0:1)
    v <- function(k, w) variance(x[k], w[k], binary)
    m1 <- weighted.mean(x[z], w[z])
    m0 <- weighted.mean(x[!z], w[!z])
    c(mean_control = m0, mean_treated = m1, var_control = v(!z, w),
      var_treated = v(z, w),
      smd_pooled = (m1 - m0) / sqrt((v(z, one) + v(!z, one)) / 2),
      smd_treated_sd = (m1 - m0) / sqrt(v(z, one)),
      variance_ratio = if (binary) NA else v(z, w) / v(!z, w))
  })
}

weight_block <- function(d, endpoints, covariates, w) list(
  sum = c(control = sum(w[d$treated == 0]), treated = sum(w[d$treated == 1])),
  ess = sapply(ARMS, function(a) sum(w[d$treated == a])^2 / sum(w[d$treated == a]^2)),
  balance = balance(d, covariates, w),
  endpoints = lapply(endpoints, function(e)
    weighted_endpoint_block(cbind(e, weight = w))))

# ---------------------------------------------------------------- a data set

meta <- function(derivation) list(
  r = R.version.string, survival = as.character(packageVersion("survival")),
  made_by = "tests/oracle/oracle.R", month_days = MONTH, derivation = derivation)

# d: treated and the covariates; endpoints: named list of c(time column, event column).
study <- function(d, derivation, endpoints, covariates, n_logits = 20, reduced = NULL) {
  rows <- lapply(endpoints, function(e)
    cbind(d[c("treated", covariates)], time = d[[e[1]]], event = d[[e[2]]]))
  ps <- propensity(d, covariates, n_logits)
  weigh <- function(ps, covariates) lapply(weight_sets(d$treated, ps), function(w)
    weight_block(d, rows, covariates, w))
  out <- list(
    meta = meta(derivation), n = nrow(d), n_treated = sum(d$treated),
    n_control = sum(1 - d$treated), covariates = I(covariates),
    endpoints = lapply(rows, endpoint_block, covariates = covariates),
    propensity = ps$out, balance = balance(d, covariates, rep(1, nrow(d))),
    weights = weigh(ps$ps, covariates))
  if (!is.null(reduced)) {
    ps <- propensity(d, reduced, n_logits)
    out$reduced <- list(covariates = I(reduced), propensity = ps$out,
                        weights = weigh(ps$ps, reduced))
  }
  out
}

level <- function(x) factor(x, levels = sort(unique(x)))

rotterdam_study <- function(...) {
  d <- survival::rotterdam
  d$treated <- as.integer(d$hormon == 1)
  d$grade <- level(d$grade)
  study(d, paste("survival::rotterdam in its row order; treated = hormon == 1;",
                 "os = dtime/death, rfs = rtime/recur, days; grade a factor"),
        list(os = c("dtime", "death"), rfs = c("rtime", "recur")),
        c("age", "meno", "grade", "nodes"))
}

hepatocellular_study <- function(csv) {
  d <- read.csv(csv)
  d$treated <- as.integer(d$Vascularinvasion == 1)
  factors <- c("Gender", "HBsAg", "Cirrhosis", "ALT", "AFP", "Tumorsize",
               "Tumormultiplicity")
  d[factors] <- lapply(d[factors], level)
  d$os <- d$OS * MONTH
  d$rfs <- d$RFS * MONTH
  study(d, paste("asaur::hepatoCellular in its row order; treated =",
                 "Vascularinvasion == 1; os = OS/Death, rfs = RFS/Recurrence,",
                 "months x 30.4375; covariates but Age are factors"),
        list(os = c("os", "Death"), rfs = c("rfs", "Recurrence")), c("Age", factors))
}

sysucc_study <- function(csv) {
  d <- read.csv(csv)
  d <- d[order(d$ID, d$Date, seq_len(nrow(d))), ]
  resected <- unique(d$ID[d$Resection == 1])
  d <- d[!duplicated(d$ID), ]
  d <- d[d$Embolization == 1 & d$Resection == 0 & d$OStime_day > 0, ]
  stopifnot(nrow(d) == 1353, sum(d$Status_of_death) == 823)
  d$treated <- as.integer(d$ID %in% resected)
  d$Amount.of.Hepatic.Lesions <- level(d$Amount.of.Hepatic.Lesions)
  d$log10_afp <- log10(d$AFP + 1)
  covariates <- c("Age", "Largest.Diameter.of.Hepatic.Lesions", "Child_pugh_score",
                  "log10_afp", "Amount.of.Hepatic.Lesions", "Vascular.Invasion",
                  "Local.Lymph.Node.Metastasis", "Distant.Metastasis")
  study(d, paste("first visit by ID, Date; Embolization == 1, Resection == 0,",
                 "OStime_day > 0; treated = Resection == 1 at any visit; os =",
                 "OStime_day/Status_of_death; log10_afp = log10(AFP + 1);",
                 "Amount.of.Hepatic.Lesions a factor. No treated patient has",
                 "Distant.Metastasis: that term has no finite estimate, so `reduced`",
                 "leaves it out"),
        list(os = c("OStime_day", "Status_of_death")), covariates, n_logits = 0,
        reduced = setdiff(covariates, "Distant.Metastasis"))
}

# ---------------------------------------------------------------- by hand

TOY <- data.frame(
  treated = rep(0:1, each = 6),
  time = c(100, 200, 200, 300, 400, 500, 150, 200, 300, 300, 450, 600),
  event = c(1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1),
  entry = c(0, 50, 0, 100, 250, 0, 0, 150, 0, 200, 0, 300),
  weight = c(0.5, 1.25, 0.8, 1.1, 2.3, 0.7, 1.6, 0.9, 0.4, 1.5, 1.05, 0.35),
  stratum = c(1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3),
  x = c(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8))

one_curve <- function(d, weighted = FALSE) {
  f <- curve_fit(d, weighted)
  list(rows = lapply(d, I), km = curve_table(f, seq_along(f$time)),
       quartiles = setNames(lapply(c(.25, .5, .75), quantile_of, f = f), c(25, 50, 75)))
}

toy_study <- function(...) {
  d <- TOY
  cox <- function(f, ...) cox_block(do.call(coxph, list(f, d, control = COX, ...)))
  list(
    meta = meta("written by hand in oracle.R; ties; treated 6, control 6"),
    rows = lapply(d, I),
    unweighted = endpoint_block(d[setdiff(names(d), "entry")], "x"),
    weighted = weighted_endpoint_block(d[setdiff(names(d), "entry")]),
    entry = list(
      arms = lapply(ARMS, function(a) one_curve(d[d$treated == a, ])),
      arms_weighted = lapply(ARMS, function(a) one_curve(d[d$treated == a, ], TRUE)),
      cox_treated = cox(Surv(entry, time, event) ~ treated),
      cox_treated_weighted = cox(Surv(entry, time, event) ~ treated, weights = d$weight,
                                 cluster = seq_len(nrow(d)))),
    stratified = list(
      logrank = logrank(Surv(time, event) ~ treated + strata(stratum), d),
      cox_treated = cox(Surv(time, event) ~ treated + strata(stratum))),
    clustered = list(
      cox_treated = cox(Surv(time, event) ~ treated, cluster = d$stratum),
      cox_treated_weighted = cox(Surv(time, event) ~ treated, weights = d$weight,
                                 cluster = d$stratum)),
    # the curve is exactly 0.5 between 200 and 300; the last death makes it 0
    half = one_curve(data.frame(time = c(100, 200, 300, 400), event = c(1, 1, 1, 1))),
    # exactly 0.5 from 200 to the end: R takes the last time for the next drop
    half_at_end = one_curve(data.frame(time = c(100, 200, 300, 400),
                                       event = c(1, 1, 0, 0))),
    # 0.5 but for rounding: the product of steps gives 0.49999999999999989 at 6
    half_rounded = one_curve(data.frame(time = 1:12, event = 1)),
    half_weighted = one_curve(data.frame(
      time = c(100, 200, 300, 400), event = 1, weight = c(0.1, 0.4, 0.3, 0.2)), TRUE))
}

args <- commandArgs(trailingOnly = TRUE)
make <- list(toy = toy_study, rotterdam = rotterdam_study,
             hepatocellular = hepatocellular_study, sysucc = sysucc_study)[[args[2]]]
writeLines(json(make(args[3])), file.path(args[1], paste0(args[2], ".json")))
