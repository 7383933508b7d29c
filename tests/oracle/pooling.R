# mice's and mitml's pooled numbers: Rscript pooling.R OUT (the folder for pooling.json).

suppressPackageStartupMessages({library(mice); library(mitml); library(survival)})

number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")
vector <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
object <- function(...) {
  x <- c(...)
  paste0("{", paste0('"', names(x), '": ', x, collapse = ", "), "}")
}

scalar <- function(estimate, error, complete) {
  p <- pool.scalar(estimate, error^2, n = complete + 1, k = 1)
  reach <- qt(0.975, p$df) * sqrt(p$t)
  object(estimates = vector(estimate), std_errors = vector(error),
         complete_degrees = number(complete), estimate = number(p$qbar),
         std_error = number(sqrt(p$t)), degrees = number(p$df),
         conf_low = number(p$qbar - reach), conf_high = number(p$qbar + reach),
         p_value = number(2 * pt(-abs(p$qbar) / sqrt(p$t), p$df)),
         fraction_missing = number(p$fmi))
}

d2 <- function(chi, k) {
  f <- mitml:::.D2(chi, k)
  object(statistics = vector(chi), degrees = number(k), statistic = number(f$F),
         degrees_within = number(f$v),
         p_value = number(pf(max(f$F, 0), k, f$v, lower.tail = FALSE)))
}

# A whole analysis: mice's imputations of its own nhanes2, a linear model, its pool().
imp <- mice(nhanes2, m = 7, seed = 1, printFlag = FALSE)
fits <- lapply(seq_len(7), function(i) lm(chl ~ bmi + age, complete(imp, i)))
pooled <- summary(pool(as.mira(fits)), conf.int = TRUE)
row <- which(pooled$term == "bmi")
model <- object(
  estimates = vector(sapply(fits, function(f) coef(f)[["bmi"]])),
  std_errors = vector(sapply(fits, function(f) sqrt(vcov(f)["bmi", "bmi"]))),
  complete_degrees = number(fits[[1]]$df.residual),
  estimate = number(pooled$estimate[row]), std_error = number(pooled$std.error[row]),
  degrees = number(pooled$df[row]), conf_low = number(pooled[row, "2.5 %"]),
  conf_high = number(pooled[row, "97.5 %"]), p_value = number(pooled$p.value[row]),
  fraction_missing = number(pool(as.mira(fits))$pooled$fmi[row]))

# Survival on the scale log(-log S) through pool.scalar, brought back.
survival <- function(s, se, complete) {
  p <- pool.scalar(log(-log(s)), (se / (s * log(s)))^2, n = complete + 1, k = 1)
  back <- function(x) exp(-exp(x))
  reach <- qt(0.975, p$df) * sqrt(p$t)
  pooled <- back(p$qbar)
  object(estimates = vector(s), std_errors = vector(se),
         complete_degrees = number(complete), estimate = number(pooled),
         std_error = number(sqrt(p$t) * -pooled * log(pooled)),
         conf_low = number(back(p$qbar + reach)),
         conf_high = number(back(p$qbar - reach)), degrees = number(p$df))
}

set.seed(20)
array <- function(x) paste0("[\n  ", paste(x, collapse = ",\n  "), "\n ]")
scalars <- c(
  scalar(c(1, 2, 3), c(1, 1, 1), Inf),
  scalar(c(1, 2, 3), c(1, 1, 1), 10),
  scalar(c(-0.31, -0.42, -0.28, -0.35, -0.5), c(0.11, 0.12, 0.105, 0.118, 0.13), 61),
  scalar(rnorm(20, 0.4, 0.05), runif(20, 0.1, 0.2), Inf),
  scalar(rnorm(50, 0, 2), runif(50, 0.1, 0.2), 30), model)
tests <- c(d2(c(4.1, 5.2, 3.3), 1), d2(rchisq(10, 3), 3), d2(rchisq(20, 1, 8), 1),
           d2(c(0.01, 9, 0.3, 4), 1))
curves <- c(survival(c(0.81, 0.84, 0.79), c(0.04, 0.035, 0.041), Inf),
            survival(runif(10, 0.3, 0.4), runif(10, 0.05, 0.06), 57))
writeLines(paste0(
  "{\n ", '"meta": ', object(
    r = paste0('"', R.version.string, '"'),
    mice = paste0('"', packageVersion("mice"), '"'),
    mitml = paste0('"', packageVersion("mitml"), '"'),
    made_by = '"tests/oracle/pooling.R"'),
  ',\n "estimates": ', array(scalars), ',\n "chi_squared": ', array(tests),
  ',\n "survival": ', array(curves), "\n}"),
  file.path(commandArgs(trailingOnly = TRUE)[1], "pooling.json"))
