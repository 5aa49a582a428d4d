"""Centres of one worker's rounds, and intervals over workers, for the study.

What dcbench itself does is in src/stats.c; here are its rivals, each from its definition,
over NumPy arrays. Intervals take samples in the rows of a matrix and return estimate, low
and high of every row at once.
"""

import functools

import numpy
from scipy import special, stats

# ---- one worker: (rounds, 2) times of an arm and of the baseline -> one log ratio ----


def of_ratios(centre):
    return lambda arm, base: centre(numpy.log(arm / base))


def of_times(centre):
    return lambda arm, base: numpy.log(centre(arm) / centre(base))


def trimmed(values, share=0.2):
    return stats.trim_mean(values, share)


def hodges_lehmann(values):
    first, second = numpy.triu_indices(len(values))
    return numpy.median((values[first] + values[second]) / 2)


CENTRES = {
    "median of ratios": of_ratios(numpy.median),
    "trimmed mean of ratios": of_ratios(trimmed),
    "Hodges-Lehmann of ratios": of_ratios(hodges_lehmann),
    "mean of log ratios": of_ratios(numpy.mean),
    "ratio of medians": of_times(numpy.median),
    "ratio of minima": of_times(numpy.min),
    "ratio of means": of_times(numpy.mean),
}


# ---- over workers ----


def mean_t(rows, confidence):
    return trimmed_t(rows, confidence, 0)


def trimmed_t(rows, confidence, trim=0.25):
    """Trimmed mean, winsorised variance, Student's t (Tukey and McLaughlin; Yuen)."""
    rows = numpy.sort(rows, axis=1)
    count = rows.shape[1]
    cut = int(trim * count)
    left = count - 2 * cut
    estimate = rows[:, cut:count - cut].mean(axis=1)
    squares = numpy.clip(rows, rows[:, [cut]], rows[:, [count - 1 - cut]]).var(axis=1)
    half = (stats.t.ppf((1 + confidence) / 2, left - 1) *
            numpy.sqrt(squares * count / left / (left - 1)))
    return estimate, estimate - half, estimate + half


@functools.lru_cache(None)
def signed_rank_cut(count, confidence):
    """How many Walsh averages lie outside at each end (normal approximation of the signed
    rank statistic, exact for small samples)."""
    pairs = count * (count + 1) // 2
    if count <= 50:
        ways = numpy.zeros(pairs + 1)
        ways[0] = 1
        for rank in range(1, count + 1):
            ways[rank:] = ways[rank:] + ways[:-rank].copy()
        below = numpy.cumsum(ways) / 2.0 ** count
        return max(0, int(numpy.searchsorted(below, (1 - confidence) / 2, "right")) - 1)
    spread = (count * (count + 1) * (2 * count + 1) / 24) ** 0.5
    return max(0, int(pairs / 2 + special.ndtri((1 - confidence) / 2) * spread))


def hodges_lehmann_rank(rows, confidence):
    """Median of Walsh averages, interval of Wilcoxon's signed rank test."""
    first, second = numpy.triu_indices(rows.shape[1])
    cut = signed_rank_cut(rows.shape[1], confidence)
    out = numpy.empty((3, len(rows)))
    for i, row in enumerate(rows):
        walsh = numpy.sort((row[first] + row[second]) / 2)
        out[:, i] = numpy.median(walsh), walsh[cut], walsh[len(walsh) - 1 - cut]
    return tuple(out)


def median_sign(rows, confidence):
    """Median, interval of the sign test (at least the confidence)."""
    rows = numpy.sort(rows, axis=1)
    count = rows.shape[1]
    cut = int(stats.binom.ppf((1 - confidence) / 2, count, 0.5))
    cut = max(0, cut - (stats.binom.cdf(cut, count, 0.5) > (1 - confidence) / 2))
    return numpy.median(rows, axis=1), rows[:, cut], rows[:, count - 1 - cut]


def bootstrap_t(rows, confidence, resamples=399, trim=0.25):
    """Trimmed mean with a symmetric bootstrap t."""
    rng = numpy.random.default_rng(1)
    count = rows.shape[1]
    estimate, low, high = trimmed_t(rows, 0.5, trim)
    error = high - low
    out = numpy.empty(len(rows))
    for i, row in enumerate(rows):
        again = row[rng.integers(0, count, (resamples, count))]
        centre, below, above = trimmed_t(again, 0.5, trim)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            pivot = numpy.abs(centre - estimate[i]) / (above - below)
        out[i] = numpy.quantile(pivot[numpy.isfinite(pivot)], confidence)
    return estimate, estimate - out * error, estimate + out * error


INTERVALS = {
    "mean, Student": mean_t,
    "trimmed mean 10 %, Tukey-McLaughlin": functools.partial(trimmed_t, trim=0.1),
    "trimmed mean 20 %, Tukey-McLaughlin": functools.partial(trimmed_t, trim=0.2),
    "trimmed mean 25 %, Tukey-McLaughlin": trimmed_t,
    "trimmed mean 35 %, Tukey-McLaughlin": functools.partial(trimmed_t, trim=0.35),
    "Hodges-Lehmann, signed rank": hodges_lehmann_rank,
    "median, sign test": median_sign,
    "trimmed mean 25 %, bootstrap t": bootstrap_t,
}


def wilson(hits, count, confidence=0.95):
    """Interval of a share (E. B. Wilson, JASA 22, 1927)."""
    if count == 0:
        return 0.0, 1.0
    z = special.ndtri((1 + confidence) / 2)
    share = hits / count
    centre = (share + z * z / 2 / count) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count +
                                      z * z / 4 / count ** 2) ** 0.5
    return centre - half, centre + half
