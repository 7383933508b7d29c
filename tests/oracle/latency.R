# Mixture cure with a logistic incidence by arm and Kaplan-Meier times of the uncured,
# the same in both arms: the EM algorithm of Taylor (1995) in base R, by glm and survfit,
# on the rows of cure.json, of which every third is treated.
#
# Usage: Rscript latency.R > latency.json
suppressPackageStartupMessages(library(survival))
text <- paste(readLines("cure.json"), collapse = " ")
column <- function(name) {
  list <- sub(sprintf('.*?"%s": \\[([^]]*)\\].*', name), "\\1", text, perl = TRUE)
  as.numeric(strsplit(list, ",")[[1]])
}
rows <- data.frame(time = column("time"), event = column("event"), weight = column("weight"))
rows$arm <- seq_len(nrow(rows)) %% 3 == 0
fit <- function(d, weight) {
  last <- max(d$time[d$event == 1])
  uncured <- as.numeric(d$event == 1 | d$time < last)
  d$mass <- weight
  for (round in 1:3000) {
    # The chance to be of the uncured, as a share of a row in each of the two models.
    share <- suppressWarnings(glm(uncured ~ arm, quasibinomial, d, weights = mass,
      control = glm.control(epsilon = 1e-14)))
    d$counts <- d$mass * uncured
    curve <- survfit(Surv(time, event) ~ 1, d[uncured > 0, ], weights = counts)
    left <- c(1, curve$surv)[findInterval(d$time, curve$time) + 1]
    left[d$time >= last] <- 0
    chance <- fitted(share)
    new <- ifelse(d$event == 1, 1, chance * left / (1 - chance + chance * left))
    moved <- max(abs(new - uncured))
    uncured <- new
    if (moved < 1e-13) break
  }
  sprintf("[%.15g, %.15g, %.15g]", 1 - chance[d$arm][1], 1 - chance[!d$arm][1],
          -coef(share)[2])
}
cat(sprintf('{"plain": %s,\n"weighted": %s}\n', fit(rows, rep(1, nrow(rows))),
            fit(rows, rows$weight)))
