# Numbers of R's survival: Rscript incidence.R OUT (the folder for incidence.json).

suppressPackageStartupMessages(library(survival))

number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")
vector <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
object <- function(...) {
  x <- c(...)
  paste0("{", paste0('"', names(x), '": ', x, collapse = ", "), "}")
}

# Cumulative incidence by Aalen and Johansen; R's variance is the infinitesimal jackknife.
incidence <- function(time, cause, horizons) {
  fit <- survfit(Surv(time, factor(cause, 0:2)) ~ 1)
  at <- summary(fit, times = horizons, extend = TRUE)
  state <- match("1", fit$states)
  c(horizons = vector(horizons), estimate = vector(at$pstate[, state]),
    std_error = vector(at$std.err[, state]))
}

# What each patient weighs in a curve of rows (entry, time], by survival's residuals of
# each row: those that it sums itself take a patient's first weight for all. The area's
# are the integral of the curve's.
influence <- function(horizons) {
  fit <- survfit(Surv(entry, time, event) ~ 1, data = clones, weights = weight,
                 cluster = patient)
  of <- function(times) {
    rows <- residuals(fit, times = times, type = "survival", collapse = FALSE)
    rowsum(as.matrix(rows) * clones$weight, clones$patient)
  }
  at <- summary(fit, times = horizons, extend = TRUE)
  survival <- of(horizons)
  stopifnot(all.equal(unname(sqrt(colSums(survival^2))), at$std.err))
  drops <- fit$time[fit$n.event > 0]
  area <- function(end, heights) {
    before <- drops < end
    heights[, before, drop = FALSE] %*% diff(c(drops[before], end))
  }
  heights <- summary(fit, times = drops)$surv
  steps <- function(end) min(end, drops[1]) + area(end, t(heights))
  table <- function(x) paste0("[", paste(apply(x, 1, vector), collapse = ", "), "]")
  c(sapply(clones, vector), horizons = vector(horizons),
    survival = vector(at$surv), std_error = vector(at$std.err),
    mean = vector(sapply(horizons, steps)), of_survival = table(survival),
    of_mean = table(sapply(horizons, area, of(drops))))
}

set.seed(7)
n <- 60
small <- data.frame(time = ceiling(rexp(n, 0.1)), cause = sample(0:2, n, TRUE))
known <- with(mgus2, data.frame(time = ifelse(pstat == 0, futime, ptime),
                                cause = ifelse(pstat == 0, 2 * death, 1)))
clones <- data.frame(patient = rep(0:24, each = 2),
                     entry = c(rbind(0, sample(2:6, 25, TRUE))))
clones$time <- clones$entry + ceiling(rexp(50, 0.15))
clones$event <- as.numeric(runif(50) < 0.6)
clones$weight <- runif(50, 0.2, 3)
# A row ends before the next of its patient begins, and only the last has the event.
first <- seq(1, 49, 2)
clones$event[first] <- 0
clones$time[first] <- pmin(clones$time[first], clones$entry[first + 1])

writeLines(paste0(
  "{\n ", '"meta": ', object(
    r = paste0('"', R.version.string, '"'),
    survival = paste0('"', packageVersion("survival"), '"'),
    made_by = '"tests/oracle/incidence.R"'),
  ',\n "tied": ', object(c(sapply(small, vector),
                            incidence(small$time, small$cause, c(0.5, 1, 5, 12, 30)))),
  ',\n "mgus2": ', object(incidence(known$time, known$cause, c(12, 60, 120, 240))),
  ',\n "influence": ', object(influence(c(1, 4, 8, 12))), "\n}"),
  file.path(commandArgs(trailingOnly = TRUE)[1], "incidence.json"))
