#!/usr/bin/env bash
# Finding:  river's ADWIN sees a jump of three standard deviations after 23 values when the spread is 1, after 343 when it is
#           0.01, and not in 20000 when it is 0.001
# Versions: river 0.26.1, numpy 2.4.6, Python 3.11
# Guess:    the same numbers in another unit give the alarm at the same place; at most 200 values after such a jump
# Seen:     the bound has a part that holds for values between 0 and 1 and does not shrink with the spread. An error of 0.002
#           that quadruples is not reported in 20000 values, nor is a length in kilometres whose twin in metres is caught at once;
#           no warning, and the detector looks quiet. Dividing by the spread of the first values gives the alarm back
# Docs:     nothing on the range or the unit of the values; the example feeds values from 0 to 7
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q river==0.26.1 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import numpy
from river import drift

draw = numpy.random.default_rng(0)
plain = numpy.concatenate([draw.normal(size=1000), draw.normal(3, size=20000)])


def alarm(values):
    detector = drift.ADWIN()
    for place, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            return f"{place - 1000} values after the jump"
    return "none in 20000 values"


for unit in (100, 1, 0.1, 0.01, 0.001):
    print(f"spread {unit:5}: {alarm(plain * unit)}")
small = plain * 0.001
print("spread 0.001, divided by that of the first 100:", alarm(small / small[:100].std()))
error = numpy.concatenate([draw.exponential(0.002, 1000), draw.exponential(0.008, 20000)])
print("error of 0.002 that becomes 0.008:", alarm(error))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
spread   100: 23 values after the jump
spread     1: 23 values after the jump
spread   0.1: 55 values after the jump
spread  0.01: 343 values after the jump
spread 0.001: none in 20000 values
spread 0.001, divided by that of the first 100: 23 values after the jump
error of 0.002 that becomes 0.008: none in 20000 values
STATED
