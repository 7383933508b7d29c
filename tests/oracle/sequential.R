# Numbers for the tests of nested trials.
#
# Usage: Rscript sequential.R ROWS OUT
#   ROWS  the weighted rows of both ways to follow, as sequential_rows.py writes them
#   OUT   receives the numbers (sequential.json)
# Needs survival and jsonlite.

suppressPackageStartupMessages(library(survival))
rows <- read.csv(commandArgs(TRUE)[1])
AT <- 6 * 30.4375

study <- function(d) {
  fit <- coxph(Surv(start, stop, event) ~ treated, d, weights = weight, cluster = id,
               robust = TRUE, ties = "efron",
               control = coxph.control(eps = 1e-11, iter.max = 100))
  curves <- lapply(c(treated = 1, control = 0), function(z) {
    km <- summary(survfit(Surv(start, stop, event) ~ 1, d[d$treated == z, ],
                          weights = weight, cluster = id), AT)
    list(survival = km$surv, std_error = km$std.err)
  })
  se <- sqrt(vcov(fit)[1, 1])
  c(list(log_hr = unname(coef(fit)), std_error = se), curves)
}
numbers <- lapply(split(rows, rows$follow), study)
jsonlite::write_json(numbers, commandArgs(TRUE)[2], auto_unbox = TRUE, digits = NA)
