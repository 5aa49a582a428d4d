"""What the recorded streams say: each function makes one table of docs/methodology.md."""

import functools
import glob
import os
import subprocess

import numpy

import estimators
from recording import CONDITIONS, PLANTS, WORKLOADS

PRECISION, MARGIN, CONFIDENCE, MAX_TIME_S = 0.005, 0.01, 0.95, 10.0
WARM_UPS = 3


@functools.lru_cache(None)
def recorded(folder, name):
    return Recorded(folder, name)


class Recorded:
    """The workers of one stream: times[i] is rounds x arms in ns an iteration (baseline,
    control, candidate), walls[i] the lengths of the same blocks in ns, cut[i] tells which
    were interrupted by the kernel."""

    def __init__(self, folder, name):
        self.times, self.cut, self.walls = [], [], []
        elapsed = 0.0
        for path in sorted(glob.glob(os.path.join(folder, f"{name}.[0-9][0-9].npz"))):
            with numpy.load(path) as chunk:
                self._add({key: chunk[key] for key in chunk.files})
                elapsed += float(chunk["elapsed_s"])
        if not self.times:
            raise FileNotFoundError(f"no recording of {name} in {folder}")
        self.worker_s = elapsed / len(self.times)
        self.round_s = (sum(wall.sum() for wall in self.walls) * 1e-9 /
                        sum(map(len, self.times)))
        self._log_ratios = None

    def _add(self, chunk):
        order = numpy.lexsort((chunk["arm"], chunk["round"], chunk["worker"]))
        worker, number = chunk["worker"][order], chunk["round"][order]
        walls = chunk["wall_ns"][order].astype(float).reshape(-1, 3)
        iterations = chunk["iterations"][order].reshape(-1, 3)
        cut = (chunk["involuntary"][order] > 0).reshape(-1, 3)
        arms = chunk["arm"][order].reshape(-1, 3)
        whole = numpy.stack([worker.reshape(-1, 3), number.reshape(-1, 3)])
        if (arms != [0, 1, 2]).any() or (whole != whole[:, :, :1]).any():
            raise ValueError("a round lacks an arm")
        edges = numpy.flatnonzero(numpy.diff(whole[0, :, 0])) + 1
        self.times += numpy.split(walls / iterations, edges)
        self.walls += numpy.split(walls, edges)
        self.cut += numpy.split(cut, edges)

    def centres(self, centre, rounds=slice(None), keep_cut=True):
        """workers x (control, candidate, candidate against control)."""
        out = []
        for times, cut in zip(self.times, self.cut):
            times = times[rounds] if keep_cut else times[rounds][~cut[rounds].any(axis=1)]
            if len(times) == 0:
                continue
            base, control, candidate = times.T
            out.append((centre(control, base), centre(candidate, base),
                        centre(candidate, control)))
        return numpy.array(out)

    def log_ratios(self):
        """As dcbench makes them: the median of the rounds' log ratios."""
        if self._log_ratios is None:
            self._log_ratios = self.centres(estimators.CENTRES["median of ratios"])
        return self._log_ratios

    def most_workers(self):
        return max(5, int(MAX_TIME_S / self.worker_s))


def spread(values):
    """A robust standard deviation: that of the trimmed mean, for one value."""
    values = numpy.asarray(values, dtype=float).ravel()
    _, low, high = estimators.trimmed_t(values[None, :], 0.6826894921)
    return (high[0] - low[0]) / 2 * len(values) ** 0.5


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def percent(value, digits=2):
    return f"{100 * value:.{digits}f} %"


def same_name(condition, workload):
    return f"same-{condition.replace(' ', '-')}-{workload}"


# ---- one worker ----


def centre_table(folder):
    rows = []
    streams = {(condition, workload): recorded(folder, same_name(condition, workload))
               for condition in ("quiet", "both busy") for workload in WORKLOADS}
    for name, centre in estimators.CENTRES.items():
        row = [name]
        for stream in streams.values():
            values = stream.centres(centre)
            row.append(percent(spread(values[:, 1])))
        rows.append(row)
    head = ["centre of a worker's rounds"] + [f"{w}, {c}" for c, w in streams]
    return markdown(head, rows)


def cut_table(folder):
    rows = []
    median = estimators.CENTRES["median of ratios"]
    for condition in CONDITIONS:
        for workload in WORKLOADS:
            stream = recorded(folder, same_name(condition, workload))
            cut = numpy.concatenate([cut.ravel() for cut in stream.cut]).mean()
            rows.append((condition, workload, percent(cut),
                         percent(spread(stream.centres(median)[:, 1]), 3),
                         percent(spread(stream.centres(median, keep_cut=False)[:, 1]),
                                 3)))
    return markdown(("condition", "workload", "blocks interrupted", "spread with them",
                     "without their rounds"), rows)


def calibration_table(folder):
    """How long blocks came out, and how equally long those of two arms."""
    rows = []
    for condition in CONDITIONS:
        for workload in WORKLOADS:
            stream = recorded(folder, same_name(condition, workload))
            walls = numpy.concatenate([wall.ravel() for wall in stream.walls]) / 1000
            middles = numpy.array([numpy.median(wall, axis=0) for wall in stream.walls])
            apart = numpy.abs(numpy.log(middles[:, 2] / middles[:, 0]))
            low, middle, high = numpy.quantile(walls, (0.05, 0.5, 0.95))
            rows.append((condition, workload, f"{middle:.0f} us",
                         f"{low:.0f} to {high:.0f} us", percent(numpy.median(apart), 1),
                         percent(numpy.quantile(apart, 0.95), 1)))
    return markdown(("condition", "workload", "block (median)", "nine of ten",
                     "two arms' blocks differ by (median)", "19 of 20 workers below"),
                    rows)


def cost(sigma, worker_s):
    """Seconds to an interval of +-0.5 %, were the workers normally distributed."""
    return (1.96 * 1.05 * sigma / PRECISION) ** 2 * worker_s


def rounds_table(folder):
    rows = []
    median = estimators.CENTRES["median of ratios"]
    for condition in ("quiet", "both busy"):
        for workload in WORKLOADS:
            stream = recorded(folder, f"long-{condition.replace(' ', '-')}-{workload}")
            most = min(len(times) for times in stream.times)
            start_s = stream.worker_s - most * stream.round_s
            for count in (5, 10, 20, 40, 80, 160, most - WARM_UPS):
                chosen = slice(WARM_UPS, WARM_UPS + count)
                sigma = spread(stream.centres(median, chosen)[:, 1])
                worker_s = start_s + (count + WARM_UPS) * stream.round_s
                rows.append((condition, workload, count, percent(sigma),
                             f"{1000 * worker_s:.0f} ms",
                             f"{cost(sigma, worker_s):.1f} s"))
    return markdown(("condition", "workload", "rounds", "spread over workers",
                     "a worker takes", "time to +-0.5 %"), rows)


def block_table(folder):
    rows = []
    for workload in WORKLOADS:
        for name, length in ((f"block-50-{workload}", 50),
                             (same_name("quiet", workload), 150),
                             (f"block-500-{workload}", 500),
                             (f"block-1500-{workload}", 1500)):
            stream = recorded(folder, name)
            sigma = spread(stream.log_ratios()[:, 1])
            rounds = numpy.median([len(times) for times in stream.times])
            rows.append((workload, f"{length} us", f"{rounds:.0f}", percent(sigma),
                         f"{cost(sigma, stream.worker_s):.1f} s"))
    return markdown(("workload", "block", "rounds", "spread over workers",
                     "time to +-0.5 %"), rows)


def warm_up_table(folder):
    head = ["workload"] + [f"block {k + 1}" for k in (0, 1, 2, 3, 4, 9, 19)]
    rows = []
    for workload in WORKLOADS:
        stream = recorded(folder, f"long-quiet-{workload}")
        least = min(len(times) for times in stream.times)
        row = [workload]
        for k in (0, 1, 2, 3, 4, 9, 19):
            later = [times[k, 0] / numpy.median(times[least // 2:, 0])
                     for times in stream.times]
            row.append(f"{100 * (numpy.median(later) - 1):+.1f} %")
        rows.append(row)
    return markdown(head, rows)


# ---- over workers ----


def cuts(values, size):
    """Consecutive samples of `size` workers: cuts x size."""
    count = len(values) // size
    return values[:count * size].reshape(count, size)


def fixed_table(folder, shuffles=5):
    """Coverage and width of each interval at a fixed number of workers."""
    rng = numpy.random.default_rng(4)
    rows = []
    for name, interval in estimators.INTERVALS.items():
        for size in (16, 32, 64, 128):
            hits = count = 0
            widths = []
            for condition in CONDITIONS:
                for workload in WORKLOADS:
                    values = recorded(folder, same_name(condition, workload))
                    column = values.log_ratios()[:, 1]
                    samples = [cuts(column, size)]
                    samples += [cuts(rng.permutation(column), size)
                                for _ in range(shuffles - 1)]
                    samples = numpy.concatenate(samples)
                    _, low, high = interval(samples, CONFIDENCE)
                    hits += int(((low <= 0) & (high >= 0)).sum())
                    count += len(samples)
                    widths.append((high - low).mean() / 2)
            rows.append((name, size, count, percent(hits / count, 1),
                         percent(numpy.mean(widths), 3)))
    return markdown(("interval", "workers", "samples", "holds the truth",
                     "mean half-width"), rows)


# ---- the stopping rule ----


def looks(first=16):
    look = first
    while True:
        yield look
        look += look // 4


def spread_bound(df, share=0.2):
    """How much larger a standard deviation may be than it looks: its upper bound that
    holds with 1 - share, were the values normally distributed."""
    return (df / estimators.stats.chi2.ppf(share, df)) ** 0.5


class Rule:
    """When to stop: at the first look whose intervals are narrow enough."""

    def __init__(self, first=16, further=0, share=None):
        self.first, self.further, self.share = first, further, share

    def stop(self, values, interval, precision, most):
        """Over `values` (workers x arms): the number of workers taken, 0 where they did
        not suffice to tell."""
        left = 0
        for look in looks(self.first):
            if look > most or look > len(values):
                return most if most <= len(values) else 0
            _, low, high = interval(values[:look].T, CONFIDENCE)
            half = (high - low).max() / 2
            if self.share:
                half *= spread_bound(look - 2 * int(0.25 * look) - 1, self.share)
            if left:
                left -= 1
                if left == 0:
                    return look
            elif half <= precision:
                if self.further == 0:
                    return look
                left = self.further


RULES = {
    "first look at 16": Rule(),
    "first look at 24": Rule(24),
    "first look at 32": Rule(32),
    "first look at 48": Rule(48),
    "16, one look more": Rule(further=1),
    "16, spread's bound of 80 %": Rule(share=0.2),
    "24, spread's bound of 80 %": Rule(24, share=0.2),
    "24, spread's bound of 90 %": Rule(24, share=0.1),
}


def run_through(values, rule, interval, precision, most):
    """Cuts a stream into comparisons one after the other, each as long as the rule goes
    on. Yields (workers, estimates, lows, highs)."""
    begin = 0
    while True:
        count = rule.stop(values[begin:], interval, precision, most)
        if count == 0:
            return
        taken = values[begin:begin + count]
        yield count, *interval(taken.T, CONFIDENCE)
        begin += count


def stopping_table(folder, intervals=("trimmed mean 25 %, Tukey-McLaughlin",), shuffles=5,
                   precision=PRECISION):
    rng = numpy.random.default_rng(5)
    rows = []
    streams = [recorded(folder, same_name(condition, workload))
               for condition in CONDITIONS for workload in WORKLOADS]
    ratios = [stream.log_ratios()[:, :2] for stream in streams]
    for interval_name in intervals:
        interval = estimators.INTERVALS[interval_name]
        for name, rule in RULES.items():
            hits = count = called = 0
            sizes, times = [], []
            for stream, values in zip(streams, ratios):
                for shuffle in range(shuffles):
                    order = (values if shuffle == 0
                             else values[rng.permutation(len(values))])
                    for size, estimate, low, high in run_through(
                            order, rule, interval, precision, stream.most_workers()):
                        hits += int(((low <= 0) & (high >= 0)).sum())
                        called += int(((low * high > 0) &
                                       (abs(estimate) > MARGIN)).sum())
                        count += len(estimate)
                        sizes.append(size)
                        times.append(size * stream.worker_s)
            rows.append((interval_name, name, count, percent(hits / count, 1), called,
                         f"{numpy.median(sizes):.0f}", f"{numpy.mean(times):.1f} s"))
    return markdown(("interval", "stopping rule", "intervals", "hold the truth",
                     "called faster or slower", "workers (median)", "time (mean)"), rows)


# ---- the rule as it is built in ----

REPLAY = os.environ.get("DCBENCH_REPLAY", "build/tests/replay")


def replay(jobs):
    """Runs streams through src/analysis.c. `jobs`: (values, most, precision). Returns for
    each the list of (workers, ((estimate, low, high, verdict) of each arm))."""
    text = []
    for values, most, precision in jobs:
        text.append(f"{len(values)} {values.shape[1]} {most} {CONFIDENCE} {precision} "
                    f"{MARGIN}")
        text += [" ".join(f"{value:.12g}" for value in worker) for worker in values]
    out = subprocess.run([REPLAY], input="\n".join(text), text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    streams, comparisons = [], []
    for line in out.splitlines():
        if line == "end":
            streams.append(comparisons)
            comparisons = []
            continue
        fields = line.split()
        arms = [(*map(float, fields[i:i + 3]), fields[i + 3])
                for i in range(1, len(fields), 4)]
        comparisons.append((int(fields[0]), arms))
    return streams


def effective(misses):
    """How many independent intervals the clusters (rows) of `misses` are worth."""
    misses = numpy.asarray(misses, dtype=float)
    if misses.shape[1] < 2 or (misses.std(axis=0) == 0).any():
        return misses.size
    within = numpy.corrcoef(misses.T)[0, 1]
    return misses.size / (1 + (misses.shape[1] - 1) * max(0.0, within))


def same_table(folder, shuffles=5):
    """Identical code under the rule as built in: cut as recorded, and shuffled."""
    rng = numpy.random.default_rng(6)
    rows = []
    total = called_total = 0
    for condition in CONDITIONS:
        for workload in (*WORKLOADS, "all"):
            names = WORKLOADS if workload == "all" else (workload,)
            streams = [recorded(folder, same_name(condition, name)) for name in names]
            jobs, shuffled = [], []
            for stream in streams:
                values = stream.log_ratios()[:, :2]
                jobs.append((values, stream.most_workers(), PRECISION))
                shuffled += [(rng.permutation(values), stream.most_workers(), PRECISION)
                             for _ in range(shuffles)]
            comparisons = [c for stream in replay(jobs) for c in stream]
            misses = numpy.array([[not arm[1] <= 1 <= arm[2] for arm in arms]
                                  for _, arms in comparisons])
            called = sum(arm[3] in ("faster", "slower")
                         for _, arms in comparisons for arm in arms)
            weight = effective(misses)
            low, high = estimators.wilson((1 - misses.mean()) * weight, weight)
            again = [c for stream in replay(shuffled) for c in stream]
            again_misses = numpy.mean([[not arm[1] <= 1 <= arm[2] for arm in arms]
                                       for _, arms in again])
            again_called = sum(arm[3] in ("faster", "slower")
                               for _, arms in again for arm in arms)
            seconds = numpy.mean([s.worker_s for s in streams])
            workers = numpy.median([size for size, _ in comparisons])
            if workload == "all":
                total += misses.size
                called_total += called
            rows.append((condition, workload, misses.size,
                         percent(1 - misses.mean(), 1),
                         f"{100 * low:.1f} to {100 * high:.1f} %", called,
                         f"{percent(1 - again_misses, 1)} of {2 * len(again)}",
                         again_called, f"{workers:.0f}", f"{workers * seconds:.1f} s"))
    table = markdown(("condition", "workload", "intervals", "hold the truth",
                      "95 % interval of that", "called faster or slower",
                      "shuffled: hold the truth", "called", "workers (median)", "time"),
                     rows)
    return f"{table}\n\n{total} intervals as recorded, {called_total} called."


def power_table(folder, resamples=200):
    """Planted differences, by workers drawn from the recorded ones."""
    rng = numpy.random.default_rng(7)
    rows = []
    for planted in PLANTS:
        for workload in WORKLOADS:
            stream = recorded(folder, f"plus-{planted}-{workload}")
            values = stream.log_ratios()[:, :2]
            truth = numpy.exp(estimators.trimmed_t(values[:, 1][None, :], 0.5)[0][0])
            for precision in (PRECISION, 0.0025):
                most = stream.most_workers()
                drawn = [(values[rng.integers(0, len(values), most)], most, precision)
                         for _ in range(resamples)]
                first = [comparisons[0] for comparisons in replay(drawn)]
                arm = [arms[1] for _, arms in first]
                seen = numpy.mean([low > 1 for _, low, _, _ in arm])
                slower = numpy.mean([verdict == "slower" for *_, verdict in arm])
                holds = numpy.mean([low <= truth <= high for _, low, high, _ in arm])
                sizes = numpy.array([size for size, _ in first])
                rows.append((f"{planted:+} %", workload, f"{100 * (truth - 1):+.2f} %",
                             f"{100 * precision:g} %", percent(seen, 1),
                             percent(slower, 1), percent(holds, 1),
                             f"{numpy.mean(sizes) * stream.worker_s:.1f} s"))
    return markdown(("planted", "workload", "all workers say", "precision",
                     "interval excludes 0", "called slower", "holds what all say",
                     "time (mean)"), rows)


def merged_table(folder, resamples=200):
    """How narrow merged against stdlib gets in 10 s, and what each third of the recording
    says, some minutes apart."""
    rng = numpy.random.default_rng(8)
    rows = []
    for workload in WORKLOADS:
        stream = recorded(folder, f"merged-{workload}")
        values = stream.log_ratios()[:, :2]
        most = stream.most_workers()
        drawn = [(values[rng.integers(0, len(values), most)], most, 1e-5)
                 for _ in range(resamples)]
        halves = [(arms[1][2] - arms[1][1]) / 2
                  for comparisons in replay(drawn) for _, arms in comparisons[:1]]
        thirds = [f"{100 * numpy.expm1(estimators.trimmed_t(third[None, :], 0.5)[0][0]):.2f}"
                  for third in numpy.array_split(values[:, 1], 3)]
        rows.append((workload, most, percent(numpy.median(halves), 3),
                     percent(numpy.quantile(halves, 0.9), 3), ", ".join(thirds) + " %"))
    return markdown(("workload", "workers in 10 s", "half-width (median)",
                     "nine of ten below", "first, second, last third"), rows)
