# Computes the figures of agreement_figures.csv from agreement.csv, by the definitions,
# in base R: the tests of package stats compare their own with these to 1e-9.
#
#   Rscript internal/stats/testdata/agreement.R > internal/stats/testdata/agreement_figures.csv
#
# Weighted figures are those of a table in which each row stands as often as it weighs.
options(digits = 17, stringsAsFactors = FALSE)
folder <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
rows <- read.csv(file.path(folder, "agreement.csv"), colClasses = "character")
heavy <- rows[rep(seq_len(nrow(rows)), as.integer(rows$Weight)), ]

show <- function(name, value) cat(sprintf("%s,%.17g\n", name, value))

kappa_of <- function(a, b, weight) {
  levels <- sort(unique(c(a, b)))
  p <- table(factor(a, levels), factor(b, levels)) / length(a)
  e <- outer(rowSums(p), colSums(p))
  1 - sum(weight(levels) * p) / sum(weight(levels) * e)
}
nominal <- function(levels) 1 - diag(length(levels))
quadratic <- function(levels) outer(as.numeric(levels), as.numeric(levels), "-")^2

score <- function(hits, gold, label) if (hits == 0) 0 else 2 / (gold / hits + label / hits)

f1_of <- function(gold, label) sapply(sort(unique(c(gold, label))), function(l) {
  score(sum(gold == l & label == l), sum(gold == l), sum(label == l))
})

sets_of <- function(cells) strsplit(ifelse(cells == "[]", "", cells), "|", fixed = TRUE)

jaccard <- function(a, b) mean(mapply(function(x, y) {
  if (length(union(x, y)) == 0) 1 else length(intersect(x, y)) / length(union(x, y))
}, a, b))

multi <- function(t) {
  gold <- sets_of(t$GoldAreas)
  label <- sets_of(t$Areas)
  labels <- sort(unique(unlist(c(gold, label))))
  n <- sapply(labels, function(l) {
    has <- function(s) sapply(s, function(x) l %in% x)
    c(sum(has(gold) & has(label)), sum(has(gold)), sum(has(label)))
  })
  c(exact = mean(mapply(setequal, gold, label)), jaccard = jaccard(gold, label),
    micro = score(sum(n[1, ]), sum(n[2, ]), sum(n[3, ])),
    macro = mean(apply(n, 2, function(x) score(x[1], x[2], x[3]))))
}

figures <- function(prefix, t) {
  show(paste0(prefix, "accuracy"), mean(t$Gold == t$A))
  show(paste0(prefix, "kappa"), kappa_of(t$Gold, t$A, nominal))
  show(paste0(prefix, "macro_f1"), mean(f1_of(t$Gold, t$A)))
  show(paste0(prefix, "kappa_quadratic"), kappa_of(t$GoldSeverity, t$Severity, quadratic))
  x <- as.numeric(t$GoldSeverity)
  y <- as.numeric(t$Severity)
  show(paste0(prefix, "mae"), mean(abs(x - y)))
  show(paste0(prefix, "spearman"), cor(x, y, method = "spearman"))
  several <- multi(t)
  for (name in names(several)) show(paste0(prefix, name), several[[name]])
}

# alpha follows Krippendorff (2011): coincidences o, their margins n, and a distance.
alpha <- function(ratings, distance) {
  values <- sort(unique(na.omit(as.vector(ratings))))
  o <- matrix(0, length(values), length(values))
  for (u in seq_len(ncol(ratings))) {
    v <- match(na.omit(ratings[, u]), values)
    if (length(v) < 2) next
    for (i in seq_along(v)) for (k in seq_along(v)) if (i != k) {
      o[v[i], v[k]] <- o[v[i], v[k]] + 1 / (length(v) - 1)
    }
  }
  n <- rowSums(o)
  d <- distance(values, n)
  1 - (sum(n) - 1) * sum(o * d) / sum(outer(n, n) * d)
}
alpha_nominal <- function(values, n) 1 - diag(length(values))
alpha_interval <- function(values, n) outer(values, values, "-")^2
alpha_ordinal <- function(values, n) {
  d <- diag(0, length(values))
  for (c in seq_along(values)) for (k in seq_along(values)) {
    d[c, k] <- (sum(n[min(c, k):max(c, k)]) - (n[c] + n[k]) / 2)^2
  }
  d
}

cat("name,value\n")
figures("", rows)
figures("weighted_", heavy)
wilson <- prop.test(sum(rows$Gold == rows$A), nrow(rows), correct = FALSE)$conf.int
show("wilson_low", wilson[1])
show("wilson_high", wilson[2])
none <- prop.test(0, 20, correct = FALSE)$conf.int
show("wilson_none_high", none[2])
a <- rows$Gold == rows$A
b <- rows$Gold == rows$B
show("mcnemar_only_a", sum(a & !b))
show("mcnemar_only_b", sum(b & !a))
show("mcnemar_p", binom.test(sum(a & !b), sum(a != b))$p.value)
show("mcnemar_1_9", binom.test(1, 10)$p.value)
for (l in sort(unique(c(rows$Gold, rows$A)))) {
  show(paste0("precision_", l), sum(rows$A == l & rows$Gold == l) / sum(rows$A == l))
  show(paste0("recall_", l), sum(rows$A == l & rows$Gold == l) / sum(rows$Gold == l))
  show(paste0("f1_", l), f1_of(rows$Gold, rows$A)[[l]])
}
three <- rbind(rows$GoldSeverity, rows$Severity, ifelse(rows$SeverityB == "", NA, rows$SeverityB))
three <- matrix(as.numeric(three), 3)
show("alpha_nominal", alpha(three, alpha_nominal))
show("alpha_ordinal", alpha(three, alpha_ordinal))
show("alpha_interval", alpha(three, alpha_interval))
# The example of Krippendorff (2011): 4 observers, 12 units.
example <- rbind(
  c(1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA),
  c(1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3),
  c(NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA),
  c(1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA)
)
show("example_nominal", alpha(example, alpha_nominal))
show("example_ordinal", alpha(example, alpha_ordinal))
show("example_interval", alpha(example, alpha_interval))
