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
# Over time: z is what is known of a patient at the start of each step.

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
  c(list(by_grace = by_grace), contrast(clones))
}

# Hazards of each patient and step by what is known at its start; NA where none could be.
rows_of <- function(d, z, E, a, b) do.call(rbind, lapply(seq_along(a), function(k) {
  here <- which(E[, k] > 0)
  data.frame(i = here, k = k, y = d$wait[here] <= b[k], x1 = d$x1[here], x2 = d$x2[here],
             z = z[here, k], change = z[here, k] - z[here, 1])
}))

pooled_rows <- function(d, rows, E, m, a, b) {
  middle <- (a + b) / 2
  rows$t <- ((middle - mean(middle)) / (diff(range(middle)) / 2))[rows$k]
  fitted(glm(y ~ t + I(t^2) + I(t^3) + (x1 + x2 + z) * t, binomial, rows, control = GLM))
}

two_part_rows <- function(d, rows, E, m, a, b) {
  d$z <- rows$z[match(seq_len(nrow(d)), rows$i)]
  fit <- glm(wait <= G ~ x1 + x2 + z, binomial, d[d$barred > G, ], control = GLM)
  p <- predict(fit, d, type = "response"); share <- 0; rows$at_zero <- NA
  for (k in seq_along(a)) {
    odds <- p / (1 - p * share); part <- m[k] / sum(E[, k] * odds); own <- rows$k == k
    rows$at_zero[own] <- qlogis(odds * part)[rows$i[own]]; share <- min(1, share + part)
  }
  fitted(glm(y ~ x1 + x2 + z + change + at_zero, binomial, rows, control = GLM))
}

cox_rows <- function(d, rows, E, m, a, b) {
  rows$stop <- ifelse(rows$y, d$wait[rows$i], pmin(b[rows$k], d$barred[rows$i]))
  rows$start <- a[rows$k]
  fit <- coxph(Surv(start, stop, y) ~ x1 + x2 + z, rows, ties = "efron",
               control = coxph.control(eps = 1e-11, iter.max = 100))
  r <- exp(as.matrix(rows[, c("x1", "x2", "z")]) %*% coef(fit))[, 1]
  total <- tapply(r * E[cbind(rows$i, rows$k)], rows$k, sum)
  1 - exp(-r * (m / total)[rows$k])
}

over_time <- function(d, z, a, b, model) {
  E <- exposures(d, a, b); m <- counts(d, a, b); K <- length(a)
  rows <- rows_of(d, z, E, a, b); H <- matrix(0, nrow(d), K)
  H[cbind(rows$i, rows$k)] <- model(d, rows, E, m, a, b)
  U <- cbind(1, t(apply(1 - H, 1, cumprod)))
  S <- cumprod(1 - m / colSums(E)); drawn <- c(0, (1 - S) / (1 - S[K]))
  within <- function(v, k, t) v[k] + (v[k + 1] - v[k]) * (t - a[k]) / (b[k] - a[k])
  step <- function(t) { k <- sum(b < t); if (k >= K) Inf else k + 1 }
  # Chance to be untreated about day t, by a model or by the strategy.
  about <- function(i, v, t) {
    k <- step(t); own <- step(d$barred[i])
    if (k > own) within(v, own, d$barred[i]) else if (is.infinite(k)) v[K + 1]
    else (v[k] + v[k + 1]) / 2
  }
  weight <- function(i, t, arm) {
    if (!arm) return(1 / about(i, U[i, ], t))
    if (d$wait[i] > G || t < d$wait[i]) return(about(i, 1 - drawn, t) / about(i, U[i, ], t))
    k <- step(d$wait[i]); (drawn[k + 1] - drawn[k]) / (U[i, k] * H[i, k])
  }
  clones <- do.call(rbind, lapply(seq_len(nrow(d)), function(i) {
    treated <- d$wait[i] <= G
    do.call(rbind, lapply(1:0, function(arm) {
      stays <- if (arm) treated || d$barred[i] <= G else !treated
      until <- if (stays) d$end[i] else if (arm) G else d$wait[i] - 1
      if (until < 1) return(NULL)
      data.frame(id = i, arm = arm, stop = seq_len(until),
                 event = seq_len(until) == until & stays & d$event[i],
                 w = sapply(seq_len(until), weight, i = i, arm = arm))
    }))
  }))
  contrast(clones[clones$w > 1e-12, ])
}

contrast <- function(clones) {
  fit <- coxph(Surv(stop - 1, stop, event) ~ arm, clones, weights = w, cluster = id,
               ties = "efron", control = coxph.control(eps = 1e-11, iter.max = 100))
  curves <- lapply(c(treated = 1, control = 0), function(z) {
    km <- survfit(Surv(stop - 1, stop, event) ~ 1, clones[clones$arm == z, ], weights = w)
    list(survival = summary(km, c(30, 60, 90, 120, 150))$surv,
         rmst = unname(summary(km, rmean = HORIZON)$table["rmean"]))
  })
  of_arm <- function(f) lapply(c(treated = 1, control = 0), function(z) f(clones[clones$arm == z, ]))
  list(log_hr = unname(coef(fit)), std_error = unname(sqrt(diag(vcov(fit)))),
       curves = curves, weight_days = of_arm(function(c) sum(c$w)),
       largest = of_arm(function(c) max(c$w)))
}

d <- patients(150)
starts <- seq(0, G - 1, by = WIDTH); ends <- pmin(starts + WIDTH, G)
at <- sort(unique(d$wait[d$wait <= G]))
set.seed(21)
z <- round(t(sapply(d$x1, function(x) x / 2 + cumsum(rnorm(length(starts), 0, 0.5)))), 2)
numbers <- list(
  meta = list(r = R.version.string, survival = as.character(packageVersion("survival"))),
  grace_days = G, interval_days = WIDTH, horizon = HORIZON,
  patients = list(x1 = d$x1, x2 = d$x2, wait = ifelse(is.finite(d$wait), d$wait, NA),
                  barred = d$barred, end = d$end, event = d$event),
  two_part = study(d, starts, ends, two_part), two_part_days = study(d, at, at, two_part),
  pooled = study(d, starts, ends, pooled), cox = study(d, starts, ends, hazard),
  cox_days = study(d, at, at, hazard), z = z,
  two_part_over_time = over_time(d, z, starts, ends, two_part_rows),
  pooled_over_time = over_time(d, z, starts, ends, pooled_rows),
  cox_over_time = over_time(d, z, starts, ends, cox_rows)
)
jsonlite::write_json(numbers, commandArgs(TRUE)[1], auto_unbox = TRUE, digits = NA,
                     na = "null", pretty = FALSE)
