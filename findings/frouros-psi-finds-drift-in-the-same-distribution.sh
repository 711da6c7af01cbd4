#!/usr/bin/env bash
# Finding:  frouros' PSI of two samples from one and the same distribution is often above 0.25, the usual limit of a large shift
# Versions: frouros 0.9.0, numpy 2.1.3, Python 3.11
# Guess:    with 1000 values each and ten bins the index stays below 0.1 nearly always, as with the usual floor for empty bins
# Seen:     the bins are of equal width over both samples, so the outermost hold a value or two, and a bin that is empty on one
#           side is set to 2e-308: each value there adds 700 / n. A third of the comparisons of 1000 with 1000 alarm, half of
#           those of 10000 with 1000, and none with a floor of 0.0001 for empty bins. The index then tells where the largest
#           value fell, not how the distribution moved
# Docs:     an example whose result is 134.95; that the limits of the literature do not apply is not said
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q frouros==0.9.0 numpy==2.1.3 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import numpy
from frouros.detectors.data_drift import PSI

draw = numpy.random.default_rng(0)


def floored(first, second):
    edges = numpy.histogram_bin_edges(numpy.concatenate([first, second]), 10)
    shares = [numpy.maximum(numpy.histogram(values, edges)[0] / len(values), 1e-4) for values in (first, second)]
    return ((shares[0] - shares[1]) * numpy.log(shares[0] / shares[1])).sum()


for before, now in ((1000, 1000), (10000, 1000)):
    pairs = [(draw.normal(size=before), draw.normal(size=now)) for _ in range(200)]
    indices = []
    for first, second in pairs:
        detector = PSI()
        detector.fit(X=first)
        indices.append(detector.compare(X=second)[0].distance)
    share = numpy.mean(numpy.array(indices) > 0.25)
    print(f"{before} and {now}: above 0.25 in {round(100 * share, -1):.0f} of 100, floor of 0.0001:",
          sum(floored(*pair) > 0.25 for pair in pairs))

first = numpy.tile(numpy.arange(0.05, 1, 0.1), 100)
for name, second in {"equal": first, "one of 1000 values in a new bin": numpy.append(first[1:], 1.05)}.items():
    detector = PSI(num_bins=11)
    detector.fit(X=first)
    print(f"{name}: {detector.compare(X=second)[0].distance:.2f}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
1000 and 1000: above 0.25 in 30 of 100, floor of 0.0001: 0
10000 and 1000: above 0.25 in 50 of 100, floor of 0.0001: 0
equal: 0.00
one of 1000 values in a new bin: 0.70
STATED
