# mice on rotterdam with gaps: Rscript imputation.R OUT (the folder for imputation.json).
#
# Gaps follow from the row's number, the death and the treatment, so that Python makes
# the same ones. The model of interest is a Cox regression.

suppressPackageStartupMessages({library(mice); library(survival)})

M <- 100
d <- survival::rotterdam
row <- seq_len(nrow(d))
d$treated <- as.integer(d$hormon == 1)
d$meno <- factor(d$meno)
d$size <- factor(as.character(d$size), levels = c("<=20", "20-50", ">50"))
d$log10_pgr <- log10(d$pgr + 1)
curve <- survfit(Surv(dtime, death) ~ 1, d, ctype = 1)
d$hazard <- curve$cumhaz[match(d$dtime, curve$time)]
whole <- d
d$log10_pgr[(row * 7919) %% 100 < 20 + 40 * d$death] <- NA
d$size[(row * 104729) %% 97 < 15 + 20 * d$treated] <- NA
d$meno[(row * 1299709) %% 89 < 12] <- NA

covariates <- c("age", "meno", "size", "nodes", "log10_pgr")
model <- Surv(dtime, death) ~ treated + age + meno + size + nodes + log10_pgr
table <- d[c(covariates, "treated", "death", "hazard")]
imp <- mice(table, m = M, maxit = 10, seed = 20, printFlag = FALSE)
stopifnot(identical(unname(imp$method[c("meno", "size", "log10_pgr")]),
                    c("logreg", "polyreg", "pmm")), is.null(imp$loggedEvents))
fits <- lapply(seq_len(M), function(i) {
  complete <- complete(imp, i)
  complete$dtime <- d$dtime
  coxph(model, complete)
})

number <- function(x) sprintf("%.10g", x)
object <- function(x) paste0("{", paste0('"', names(x), '": ', x, collapse = ", "), "}")
names <- c("treated", "age", "meno=1", "size=20-50", "size=>50", "nodes", "log10_pgr")
estimates <- sapply(fits, coef)
variances <- sapply(fits, function(f) diag(vcov(f)))
pooled <- lapply(seq_along(names), function(k) {
  p <- pool.scalar(estimates[k, ], variances[k, ], n = fits[[1]]$nevent,
                   k = length(names))
  object(c(estimate = number(p$qbar), std_error = number(sqrt(p$t)),
           between = number(p$b), degrees = number(p$df),
           fraction_missing = number(p$fmi)))
})
names(pooled) <- names
plain <- function(data) {
  f <- coxph(model, data)
  object(setNames(number(coef(f)), names))
}
imputed <- lapply(c("meno", "size"), function(v) {
  shares <- prop.table(table(unlist(imp$imp[[v]])))
  object(setNames(number(shares), base::names(shares)))
})
names(imputed) <- c("meno", "size")
imputed$log10_pgr <- object(c(mean = number(mean(unlist(imp$imp$log10_pgr))),
                              sd = number(sd(unlist(imp$imp$log10_pgr)))))
some <- round(seq(1, nrow(d), length.out = 25))
writeLines(paste0(
  "{\n ", '"meta": ', object(c(
    r = paste0('"', R.version.string, '"'),
    mice = paste0('"', packageVersion("mice"), '"'), imputations = M,
    made_by = '"tests/oracle/imputation.R"',
    data = '"survival::rotterdam in its row order, gaps as in the script"')),
  ',\n "n_missing": ', object(sapply(d[c("meno", "size", "log10_pgr")],
                                     function(x) sum(is.na(x)))),
  ',\n "hazard": {"row": [', paste(some, collapse = ", "), '], "value": [',
  paste(number(whole$hazard[some]), collapse = ", "), "]}",
  ',\n "imputed": ', object(imputed),
  ',\n "nothing_missing": ', plain(whole), ',\n "complete_cases": ', plain(d),
  ',\n "pooled": {\n  ', paste0('"', names, '": ', pooled, collapse = ",\n  "),
  "\n }\n}"), file.path(commandArgs(trailingOnly = TRUE)[1], "imputation.json"))
