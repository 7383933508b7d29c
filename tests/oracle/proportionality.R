# Proportional hazards by survival 3.5 on the rows of contrasts.json: cox.zph with
# weights, smooths as plot.cox.zph draws them, and a robust score test by hand from the
# score residuals of rows that are split at each event.
#
# Usage: Rscript proportionality.R > proportionality.json
suppressPackageStartupMessages({library(survival); library(splines)})
source_of <- readLines("contrasts.R")
cut_at <- grep("^of <- function", source_of)
eval(parse(text = source_of[seq_len(cut_at - 1)]))
eval(parse(text = source_of[grep("^columns <- function", source_of):(length(source_of) - 2)]))
SCALES <- c("km", "rank", "identity", "log")

smooth <- function(z) {
  at <- seq(min(z$x), max(z$x), length = 40)
  both <- ns(c(at, z$x), df = 4, intercept = TRUE)
  events <- qr(both[-(1:40), ])
  back <- backsolve(events$qr[1:4, 1:4], diag(4))
  spread <- rowSums((both[1:40, ] %*% back %*% t(back)) * both[1:40, ])
  of <- function(k) list(estimate = I(c(both[1:40, ] %*% qr.coef(events, z$y[, k]))),
                         error = I(sqrt(z$var[k, k] * spread)))
  list(x = of(1), age = of(2))
}

# Boos' score test of x * g(t) and age * g(t), by cluster, at the estimates without.
robust <- function(d, scale, weight, cluster) {
  d$id <- seq_len(nrow(d))
  d$wt <- weight
  plain <- cox(Surv(start, time, event) ~ x + age, d, weights = d$wt)
  z <- cox.zph(plain, transform = scale)
  fine <- survSplit(Surv(start, time, event) ~ ., d,
                    cut = sort(unique(d$time[d$event == 1])))
  g <- approx(z$time, z$x, fine$time, method = "constant", ties = "ordered", rule = 2)$y
  g <- g - mean(z$x)
  fine$xg <- fine$x * g
  fine$ageg <- fine$age * g
  fit <- do.call(coxph, list(Surv(start, time, event) ~ x + age + xg + ageg, data = fine,
    weights = fine$wt, init = c(coef(plain), 0, 0), control = coxph.control(iter.max = 0)))
  rows <- residuals(fit, type = "score", weighted = TRUE)
  # Of weights that are not whole R has a robust variance unasked.
  information <- solve(if (is.null(fit$naive.var)) fit$var else fit$naive.var)
  taken <- information[3:4, 1:2] %*% solve(information[1:2, 1:2])
  parts <- rowsum(rows[, 3:4] - rows[, 1:2] %*% t(taken), cluster[fine$id])
  u <- colSums(rows[, 3:4])
  v <- crossprod(parts)
  I(c(u[1]^2 / v[1, 1], u[2]^2 / v[2, 2], drop(u %*% solve(v, u))))
}

asked <- function(d) {
  weighted <- cox(Surv(start, time, event) ~ x + age, d, weights = d$w)
  clustered <- cox(Surv(start, time, event) ~ x + age, d, weights = d$w, cluster = d$pair)
  plain <- cox(Surv(start, time, event) ~ x + age, d)
  of <- function(make) {
    found <- lapply(SCALES, make)
    names(found) <- SCALES
    found
  }
  list(weighted = of(function(s) zph(weighted, s)),
       clustered = of(function(s) zph(clustered, s)),
       smooth = of(function(s) smooth(cox.zph(plain, transform = s))),
       robust = of(function(s) robust(d, s, d$w, seq_len(nrow(d)))),
       paired = of(function(s) robust(d, s, rep(1, nrow(d)), d$pair)))
}
cat(json(list(veteran = asked(veteran), heart = asked(heart))), "\n")
