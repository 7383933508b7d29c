# Mixture cure by the same likelihood in base R: Rscript cure.R OUT (folder of cure.json).

suppressPackageStartupMessages(library(survival))

vector <- function(x) paste0("[", paste(sprintf("%.17g", as.numeric(x)), collapse = ", "), "]")
object <- function(...) {
  x <- c(...)
  paste0("{", paste0('"', names(x), '": ', x, collapse = ", "), "}")
}

# Of (log odds of cure, log scale, log shape); times in units of their mean.
fit <- function(time, event, weight) {
  unit <- mean(time)
  minus <- function(at) {
    share <- plogis(at[1])
    scale <- exp(at[2]) * unit
    log_density <- dweibull(time, exp(at[3]), scale, log = TRUE)
    left <- pweibull(time, exp(at[3]), scale, lower.tail = FALSE)
    -sum(weight * ifelse(event, log(1 - share) + log_density,
                         log(share + (1 - share) * left)))
  }
  at <- c(0, -0.5, 0)
  for (round in 1:10)
    at <- optim(at, minus, control = list(reltol = 1e-16, maxit = 5000))$par
  # Newton's steps on differences reach the digits that the search leaves.
  slope <- function(at) sapply(1:3, function(i) {
    step <- replace(numeric(3), i, 1e-4)
    (minus(at - 2 * step) - 8 * minus(at - step) + 8 * minus(at + step) -
       minus(at + 2 * step)) / 12e-4
  })
  for (round in 1:5)
    at <- at - solve(optimHess(at, minus, control = list(ndeps = rep(1e-3, 3))), slope(at))
  hessian <- optimHess(at, minus, control = list(ndeps = rep(1e-4, 3)))
  c(likelihood = vector(-minus(at)),
    estimate = vector(c(plogis(at[1]), exp(at[2]) * unit, exp(at[3]))),
    std_error = vector(sqrt(solve(hessian)[1, 1]) * plogis(at[1]) * plogis(-at[1])))
}

set.seed(5)
n <- 150
cured <- runif(n) < 0.4
ends <- ifelse(cured, Inf, rweibull(n, 1.3, 10))
lost <- runif(n, 15, 60)
drawn <- data.frame(time = round(pmin(ends, lost), 3), event = ends <= lost,
                    weight = round(runif(n, 0.2, 3), 3))
breast <- with(rotterdam, data.frame(time = pmin(rtime, dtime), event = recur == 1))

writeLines(paste0(
  "{\n ", '"meta": ', object(
    r = paste0('"', R.version.string, '"'), made_by = '"tests/oracle/cure.R"'),
  ',\n "rows": ', object(sapply(drawn, vector)),
  ',\n "plain": ', object(fit(drawn$time, drawn$event, 1)),
  ',\n "weighted": ', object(fit(drawn$time, drawn$event, drawn$weight)),
  ',\n "rotterdam": ', object(fit(breast$time, breast$event, 1)), "\n}"),
  file.path(commandArgs(trailingOnly = TRUE)[1], "cure.json"))
