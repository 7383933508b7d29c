# Numbers for the tests of Table 1: weighted means, deviations, quartiles and shares.
#
# Usage: Rscript description.R OUT
#   OUT  receives the numbers (description.json)
# Needs survey, survival and jsonlite.
#
# Deviations: stats::cov.wt, unbiased, whose divisor is 1 - sum(w^2). Quartiles: survey's
# svyquantile by the rule hf2; without weights stats::quantile, type 2, must agree.

suppressPackageStartupMessages({library(survey); library(survival)})
rows <- within(rotterdam, size <- factor(size, c("<=20", "20-50", ">50")))
row <- seq_len(nrow(rows))
weights <- list(
  alike = rep(1, nrow(rows)),
  whole = 1 + row %% 3,
  uneven = sqrt(1 + row %% 17)
)
P <- c(lower_quartile = 0.25, median = 0.5, upper_quartile = 0.75)

continuous <- function(x, w) {
  design <- svydesign(ids = ~1, weights = w, data = data.frame(x = x))
  q <- as.vector(svyquantile(~x, design, P, qrule = "hf2", ci = FALSE)[[1]])
  if (all(w == 1)) stopifnot(q == quantile(x, P, type = 2))
  c(list(n = length(x), mean = coef(svymean(~x, design))[[1]],
         sd = sqrt(cov.wt(cbind(x), w / sum(w))$cov[[1]])),
    as.list(setNames(q, names(P))))
}

levelled <- function(f, w) {
  design <- svydesign(ids = ~1, weights = w, data = data.frame(f = f))
  shares <- svymean(~f, design)
  lapply(setNames(seq_along(levels(f)), levels(f)), function(k) list(
    n = sum(f == levels(f)[k]), share = coef(shares)[[k]],
    weighted = coef(shares)[[k]] * length(f)))
}

arm <- function(rows, w) list(
  continuous = lapply(rows[c("age", "nodes", "pgr", "er")], continuous, w),
  levels = lapply(list(size = rows$size, grade = factor(rows$grade)), levelled, w)
)

numbers <- lapply(weights, function(w) {
  treated <- rows$hormon == 1
  list(treated = arm(rows[treated, ], w[treated]),
       control = arm(rows[!treated, ], w[!treated]))
})
numbers$meta <- list(r = R.version.string,
                     survey = as.character(packageVersion("survey")))
jsonlite::write_json(numbers, commandArgs(TRUE)[1], auto_unbox = TRUE, digits = NA,
                     pretty = TRUE)
