# Numbers for the tests of clones and their weights.
#
# Usage: Rscript cloning.R OUT
#   OUT  receives invented patients and the numbers (cloning.json)
# Needs survival and jsonlite.
#
# Written day by day and patient by patient, not as the package is: a clone has a row for
# each day, its weight is looked up for that day, and survival splits nothing. Whether
# treatment comes is glm's, when is the share that makes the day's hazards sum to its
# treatments; the pooled model is glm's, the Cox model coxph's with Breslow's baseline.

suppressPackageStartupMessages(library(survival))
GLM <- glm.control(epsilon = 1e-15, maxit = 100)
G <- 30; WIDTH <- 7; HORIZON <- 150

patients <- function(n) {
  set.seed(20)
  x1 <- round(rnorm(n), 2); x2 <- rbinom(n, 1, 0.4)
  wish <- rbinom(n, 1, plogis(0.3 + 0.8 * x1 - 0.7 * x2)) == 1
  wait <- ifelse(wish, sample(1:38, n, replace = TRUE), Inf)
  progression <- ceiling(rexp(n, exp(0.3 * x2 - 0.3 * x1) / 120))
  death <- progression + ceiling(rexp(n, 1 / 60)); lost <- sample(60:400, n, replace = TRUE)
  barred <- pmin(progression, lost); wait[wait > barred] <- Inf
  data.frame(x1, x2, wait, barred, end = pmin(death, lost), event = death <= lost)
}

# Chances to be untreated by the end of each step, first 1, in columns; and by G.
exposures <- function(d, a, b) t(sapply(seq_len(nrow(d)), function(i) {
  sapply(seq_along(a), function(k) {
    if (d$wait[i] <= b[k] && (d$wait[i] > a[k] || a[k] == b[k] && d$wait[i] == b[k])) return(1)
    if (d$wait[i] <= b[k]) return(0)
    if (d$barred[i] >= b[k]) return(1)
    if (a[k] == b[k]) 0 else max(0, (d$barred[i] - a[k]) / (b[k] - a[k]))
  })
}))
counts <- function(d, a, b) sapply(seq_along(a), function(k)
  sum(d$wait <= b[k] & (if (a[k] == b[k]) d$wait == b[k] else d$wait > a[k])))

ever <- function(d) {
  fit <- glm(wait <= G ~ x1 + x2, binomial, d[d$barred > G, ], control = GLM)
  unname(predict(fit, d, type = "response"))
}

two_part <- function(d, a, b, E, m) {
  p <- ever(d); share <- 0; U <- matrix(1, nrow(d), 1)
  for (k in seq_along(a)) {
    if (m[k] > 0) share <- min(1, share + m[k] / sum(E[, k] * p / (1 - p * share)))
    U <- cbind(U, 1 - p * share)
  }
  U
}

pooled <- function(d, a, b, E, m) {
  used <- which(m > 0); middle <- (a[used] + b[used]) / 2
  s <- (middle - mean(middle)) / max(diff(range(middle)) / 2, 1)
  rows <- do.call(rbind, lapply(seq_along(used), function(j) {
    k <- used[j]; here <- E[, k] > 0
    data.frame(y = d$wait <= b[k] & d$wait > a[k], t = s[j], d[, c("x1", "x2")])[here, ]
  }))
  fit <- glm(y ~ t + I(t^2) + I(t^3) + (x1 + x2) * t, binomial, rows,
             control = GLM)
  U <- matrix(1, nrow(d), 1); last <- rep(1, nrow(d))
  for (k in seq_along(a)) {
    j <- match(k, used)
    if (!is.na(j)) last <- last * (1 - predict(
      fit, data.frame(t = s[j], d[, c("x1", "x2")]), type = "response"))
    U <- cbind(U, unname(last))
  }
  U
}

hazard <- function(d, a, b, E, m) {
  time <- ifelse(d$wait <= G, d$wait, pmin(d$barred, G))
  fit <- coxph(Surv(time, d$wait <= G) ~ x1 + x2, d, ties = "efron",
               control = coxph.control(eps = 1e-11, iter.max = 100))
  r <- unname(exp(as.matrix(d[, c("x1", "x2")]) %*% coef(fit)))[, 1]
  H <- cumsum(ifelse(m > 0, m / colSums(E * r), 0))
  cbind(1, exp(-outer(r, H)))
}

study <- function(d, a, b, model) {
  E <- exposures(d, a, b); m <- counts(d, a, b); U <- model(d, a, b, E, m)
  by_grace <- ever(d); days <- all(a == b)
  at <- function(i, t) {  # chance to be untreated at the end of day t, at most that of barring
    if (days) return(U[i, 1 + sum(b <= t)])
    k <- sum(b <= t); if (k == length(b)) return(U[i, k + 1])
    U[i, k + 1] + (U[i, k + 2] - U[i, k + 1]) * (t - a[k + 1]) / (b[k + 1] - a[k + 1])
  }
  of_day <- function(i, t) {  # weight of the control clone on day t: (t - 1, t]
    if (days) return(1 / at(i, min(t, d$barred[i])))
    first <- function(x) { k <- sum(b < x); if (k >= length(b)) Inf else k + 1 }
    k <- first(t); own <- first(d$barred[i])
    if (k > own) return(1 / at(i, d$barred[i]))
    if (is.infinite(k)) 1 / at(i, G) else 2 / (U[i, k] + U[i, k + 1])
  }
  clones <- do.call(rbind, lapply(seq_len(nrow(d)), function(i) {
    treated <- d$wait[i] <= G; stays <- treated || d$barred[i] <= G
    until <- if (stays) d$end[i] else G
    one <- data.frame(id = i, arm = 1, stop = seq_len(until),
                      event = seq_len(until) == until & stays & d$event[i],
                      w = ifelse(seq_len(until) > G & d$barred[i] > G,
                                 1 / by_grace[i], 1))
    until <- if (treated) d$wait[i] - 1 else d$end[i]
    if (until < 1) return(one)
    rbind(one, data.frame(id = i, arm = 0, stop = seq_len(until),
                          event = seq_len(until) == until & !treated & d$event[i],
                          w = sapply(seq_len(until), of_day, i = i)))
  }))
  fit <- coxph(Surv(stop - 1, stop, event) ~ arm, clones, weights = w, cluster = id,
               ties = "efron", control = coxph.control(eps = 1e-11, iter.max = 100))
  curves <- lapply(c(treated = 1, control = 0), function(z) {
    km <- survfit(Surv(stop - 1, stop, event) ~ 1, clones[clones$arm == z, ], weights = w)
    list(survival = summary(km, c(30, 60, 90, 120, 150))$surv,
         rmst = unname(summary(km, rmean = HORIZON)$table["rmean"]))
  })
  of_arm <- function(f) lapply(c(treated = 1, control = 0), function(z) f(clones[clones$arm == z, ]))
  list(by_grace = by_grace, log_hr = unname(coef(fit)),
       std_error = unname(sqrt(diag(vcov(fit)))), curves = curves,
       weight_days = of_arm(function(c) sum(c$w)), largest = of_arm(function(c) max(c$w)))
}

d <- patients(150)
starts <- seq(0, G - 1, by = WIDTH); ends <- pmin(starts + WIDTH, G)
at <- sort(unique(d$wait[d$wait <= G]))
numbers <- list(
  meta = list(r = R.version.string, survival = as.character(packageVersion("survival"))),
  grace_days = G, interval_days = WIDTH, horizon = HORIZON,
  patients = list(x1 = d$x1, x2 = d$x2, wait = ifelse(is.finite(d$wait), d$wait, NA),
                  barred = d$barred, end = d$end, event = d$event),
  two_part = study(d, starts, ends, two_part), two_part_days = study(d, at, at, two_part),
  pooled = study(d, starts, ends, pooled), cox = study(d, starts, ends, hazard),
  cox_days = study(d, at, at, hazard)
)
jsonlite::write_json(numbers, commandArgs(TRUE)[1], auto_unbox = TRUE, digits = NA,
                     na = "null", pretty = FALSE)
