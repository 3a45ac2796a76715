# Reference values of worker/analyze, computed by R. Prints JSON; test/vectors/analyze.py calls it.
# Needs Debian's r-base-core and r-cran-jsonlite. Each group carries the command that made its numbers.

group <- function(program, command, cases) list(program = program, command = command, cases = cases)
rows <- function(...) unname(Map(list, ...))

# Counts of two variants: conversions c1 of n1 exposed users, c2 of n2. From everyday to extreme.
pairs <- data.frame(
  n1 = c(1000, 9000, 12345, 250000, 5000, 60, 30, 20, 100, 1000000, 90000, 7, 40, 3000),
  c1 = c(120, 810, 617, 25231, 4700, 6, 0, 0, 100, 500, 2700, 6, 1, 0),
  n2 = c(1000, 9050, 12399, 250100, 5100, 55, 25, 22, 90, 1000500, 10000, 7, 900, 3000),
  c2 = c(90, 1020, 611, 24402, 4820, 11, 4, 22, 85, 431, 355, 2, 60, 150)
)

z_test <- function(n1, c1, n2, c2) {
  test <- suppressWarnings(prop.test(c(c1, c2), c(n1, n2), correct = FALSE))
  list(n1 = n1, c1 = c1, n2 = n2, c2 = c2,
       z = sign(c1 / n1 - c2 / n2) * sqrt(unname(test$statistic)), pValue = test$p.value)
}

wilson <- function(n, c) {
  interval <- suppressWarnings(prop.test(c, n, correct = FALSE))$conf.int
  list(n = n, c = c, lower = interval[1], upper = interval[2])
}

holm <- function(p) list(pValues = I(p), adjusted = I(p.adjust(p, method = "holm")))

sample_ratio <- function(assignments, weights) {
  test <- chisq.test(assignments, p = weights / sum(weights))
  list(assignments = assignments, weights = weights, chiSquare = unname(test$statistic),
       degreesOfFreedom = unname(test$parameter), pValue = test$p.value)
}

tail <- function(statistic, df)
  list(statistic = statistic, degreesOfFreedom = df, tail = pchisq(statistic, df, lower.tail = FALSE))

# The formula of Fleiss, Levin and Paik, section 4.2, and the root that power.prop.test finds of the same.
sample_size <- function(p1, p2, alpha, power) {
  pbar <- (p1 + p2) / 2
  n <- (qnorm(1 - alpha / 2) * sqrt(2 * pbar * (1 - pbar)) +
    qnorm(power) * sqrt(p1 * (1 - p1) + p2 * (1 - p2)))^2 / (p1 - p2)^2
  solved <- power.prop.test(p1 = p1, p2 = p2, sig.level = alpha, power = power, tol = 1e-14)$n
  stopifnot(abs(solved / n - 1) < 1e-8)
  list(p1 = p1, p2 = p2, alpha = alpha, power = power, perVariant = n)
}

# Waudby-Smith et al., arXiv:2103.06476v7, equations (9), (161) and (155), written as printed there.
confidence_sequence <- function(n1, c1, n2, c2, alpha, tuning) {
  p1 <- c1 / n1
  p2 <- c2 / n2
  t <- n1 + n2
  s <- sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
  rho <- sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / tuning)
  margin <- s * sqrt(t) * sqrt((2 * (t * rho^2 + 1)) / (t^2 * rho^2) * log(sqrt(t * rho^2 + 1) / alpha))
  evidence <- exp(rho^2 * (t * (p2 - p1) / (s * sqrt(t)))^2 / (2 * (t * rho^2 + 1))) / sqrt(t * rho^2 + 1)
  list(n1 = n1, c1 = c1, n2 = n2, c2 = c2, alpha = alpha, tuningUsers = tuning, value = p2 - p1,
       lower = max(-1, p2 - p1 - margin), upper = min(1, p2 - p1 + margin), pValue = min(1, 1 / evidence))
}

# The power of that interval at the planned moment: solved for n, not by the closed form that is under test.
sequence_size <- function(p1, p2, alpha, power) {
  power_at <- function(n) {
    t <- 2 * n
    rho <- sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / t)
    reach <- sqrt(t) * sqrt((2 * (t * rho^2 + 1)) / (t^2 * rho^2) * log(sqrt(t * rho^2 + 1) / alpha))
    pnorm(abs(p1 - p2) / sqrt((p1 * (1 - p1) + p2 * (1 - p2)) / n) - reach)
  }
  n <- uniroot(function(n) power_at(n) - power, c(1, 1e9), tol = 1e-10, maxiter = 10000)$root
  list(p1 = p1, p2 = p2, alpha = alpha, power = power, perVariant = n)
}

# Several phases, each n1, c1, n2, c2. Weights n1 n2 / (n1 + n2): Greenland and Robins, Biometrics 41 (1985) 55-68.
# z: Cochran, Biometrics 10 (1954) 417-451, checked per phase against mantelhaen.test, whose variance has N - 1 for N.
# lower, upper: Zou, Huang and Zhang, CSDA 53 (2009) 1080-1085, from the limits of prop.test.
# The sequence: equation (9) with the accumulated standard error; N in users of the first phase's split.
stratified <- function(phases, alpha, tuning) {
  m <- matrix(phases, ncol = 4, byrow = TRUE)
  n1 <- m[, 1]; c1 <- m[, 2]; n2 <- m[, 3]; c2 <- m[, 4]
  p1 <- c1 / n1; p2 <- c2 / n2; n <- n1 + n2
  w <- n1 * n2 / n
  value <- sum(w * (p2 - p1)) / sum(w)
  pooled <- (c1 + c2) / n
  z <- sum(w * (p1 - p2)) / sqrt(sum(w * pooled * (1 - pooled)))
  counts <- array(rbind(c1, n1 - c1, c2, n2 - c2), c(2, 2, length(n)))
  hypergeometric <- sum(w * pooled * (1 - pooled) * n / (n - 1))
  if (length(n) > 1) {
    cmh <- unname(mantelhaen.test(counts, correct = FALSE)$statistic)
    stopifnot(abs(sqrt(cmh) - abs(sum(w * (p1 - p2)) / sqrt(hypergeometric))) < 1e-9)
  }
  wilson_limits <- function(n, c) vapply(seq_along(n), function(i)
    as.numeric(suppressWarnings(prop.test(c[i], n[i], correct = FALSE))$conf.int), numeric(2))
  first <- wilson_limits(n1, c1); second <- wilson_limits(n2, c2)
  share <- w / sum(w)
  below <- sqrt(sum(share^2 * ((p2 - second[1, ])^2 + (first[2, ] - p1)^2)))
  above <- sqrt(sum(share^2 * ((second[2, ] - p2)^2 + (p1 - first[1, ])^2)))
  s <- sqrt(sum(w^2 * (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2))) / sum(w)
  t <- n[1] * sum(w) / w[1]
  rho <- sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / tuning)
  margin <- s * sqrt(t) * sqrt((2 * (t * rho^2 + 1)) / (t^2 * rho^2) * log(sqrt(t * rho^2 + 1) / alpha))
  evidence <- exp(rho^2 * (t * value / (s * sqrt(t)))^2 / (2 * (t * rho^2 + 1))) / sqrt(t * rho^2 + 1)
  list(phases = lapply(seq_along(n), function(i) list(n1 = n1[i], c1 = c1[i], n2 = n2[i], c2 = c2[i])),
       alpha = alpha, tuningUsers = tuning, value = value, z = z, pValue = 2 * pnorm(-abs(z)),
       lower = max(-1, value - below), upper = min(1, value + above),
       sequenceLower = max(-1, value - margin), sequenceUpper = min(1, value + margin),
       sequencePValue = min(1, 1 / evidence))
}

version <- paste("R", getRversion())
tested <- subset(pairs, !(c1 + c2 == 0 | c1 + c2 == n1 + n2))
grid <- expand.grid(statistic = c(0, 0.01, 1, 5, 10.83, 30, 120), df = c(1, 2, 3, 4, 7, 18, 19))
sized <- data.frame(
  p1 = c(0.1, 0.1, 0.03, 0.5, 0.02, 0.95), p2 = c(0.11, 0.09, 0.0315, 0.55, 0.03, 0.96),
  alpha = c(0.05, 0.05, 0.05 / 3, 0.01, 0.05, 0.05 / 19), power = c(0.8, 0.9, 0.8, 0.95, 0.5, 0.8)
)
varied <- subset(tested, (c1 > 0 & c1 < n1) | (c2 > 0 & c2 < n2))
sequenced <- cbind(rbind(varied, varied), alpha = rep(c(0.05, 0.05 / 19), each = nrow(varied)),
                   tuning = rep(c(5000, 28242), each = nrow(varied)))

cat(jsonlite::toJSON(auto_unbox = TRUE, digits = NA, pretty = FALSE, list(
  zTest = group(paste(version, "stats::prop.test"),
    "prop.test(c(c1, c2), c(n1, n2), correct = FALSE): sign(c1 / n1 - c2 / n2) * sqrt(statistic), p.value",
    do.call(Map, c(z_test, unname(tested)))),
  wilson = group(paste(version, "stats::prop.test"),
    "prop.test(c, n, correct = FALSE)$conf.int",
    Map(wilson, c(pairs$n1, pairs$n2), c(pairs$c1, pairs$c2))),
  holm = group(paste(version, "stats::p.adjust"), "p.adjust(pValues, method = 'holm')",
    lapply(list(0.04, c(0.01, 0.04), c(0.01, 0.04, 0.03, 0.005), c(0.5, 0.6, 0.9),
                c(0.02, 0.02, 0.02), c(0.2, 1e-12, 0.011, 0.049, 0.0124, 0.9, 1)), holm)),
  sampleRatio = group(paste(version, "stats::chisq.test"),
    "chisq.test(assignments, p = weights / sum(weights)): statistic, parameter, p.value",
    Map(sample_ratio,
        list(c(5000, 5100), c(821588, 815482), c(4600, 5400), c(3300, 3350, 3400), c(900, 95, 12), c(40, 55, 52, 48, 61)),
        list(c(50, 50), c(1, 1), c(50, 50), c(1, 1, 1), c(9000, 900, 100), c(2, 2, 2, 2, 2)))),
  chiSquareTail = group(paste(version, "stats::pchisq"),
    "pchisq(statistic, degreesOfFreedom, lower.tail = FALSE)", Map(tail, grid$statistic, grid$df)),
  fixedSampleSize = group(paste(version, "stats::qnorm, checked with stats::power.prop.test(tol = 1e-14)"),
    "(qnorm(1 - alpha / 2) * sqrt(2 * pbar * (1 - pbar)) + qnorm(power) * sqrt(p1 * (1 - p1) + p2 * (1 - p2)))^2 / (p1 - p2)^2",
    do.call(Map, c(sample_size, unname(sized)))),
  alwaysValidSampleSize = group(paste(version, "stats::uniroot"),
    "uniroot of the power of equation (9) at n per variant, tuned to 2 n: sequence_size in analyze.R",
    do.call(Map, c(sequence_size, unname(sized)))),
  confidenceSequence = group(paste(version, "closed form"),
    "arXiv:2103.06476v7, equations (9), (161), (155): confidence_sequence in analyze.R",
    do.call(Map, c(confidence_sequence, unname(sequenced)))),
  stratified = group(paste(version, "closed form, checked with stats::mantelhaen.test"),
    "stratified in analyze.R",
    unname(Map(stratified,
      list(c(1000, 120, 1000, 90), c(810, 32, 90, 4, 90, 23, 810, 202), c(5000, 500, 5100, 560, 900, 100, 8800, 1010),
           c(99000, 1980, 1000, 23, 50000, 500, 50000, 600), c(30, 0, 25, 4, 400, 380, 390, 375, 60, 6, 55, 11)),
      c(0.05, 0.05, 0.05 / 3, 0.01, 0.05), c(5000, 5000, 56484, 28242, 5000))))
)))
