#!/usr/bin/env bash
# Finding:  MISeval scores a class that is in neither mask 0 in IoU, sensitivity, precision, kappa and MCC, and 1 in Dice
# Versions: miseval 1.3.0, numpy 2.4.6, Python 3.11
# Guess:    such a class is NaN, or the scores agree on it, as IoU follows from Dice: IoU = Dice / (2 - Dice)
# Seen:     the flawless mask of a picture without a lesion has Dice 1 and IoU 0. With three classes of which a picture shows
#           two, a flawless prediction has a mean IoU of 0.67: pictures that show few classes pull the mean down, however
#           good the model, and the two scores may rank two models differently
# Docs:     a formula for each score; nothing on a class that is in neither mask
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q miseval==1.3.0 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import numpy
from miseval import evaluate

empty = numpy.zeros((8, 8), int)
two = empty.copy()
two[:4] = 1
for score in ("DSC", "IoU", "SENS", "PREC", "KAP", "MCC", "SPEC", "ACC"):
    classes = evaluate(two, two, metric=score, multi_class=True, n_classes=3)
    print(f"{score:5} flawless, no lesion: {evaluate(empty, empty, metric=score):.0f}"
          f"   flawless, class 2 absent: {numpy.round(classes).astype(int).tolist()} mean {numpy.mean(classes):.2f}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
DSC   flawless, no lesion: 1   flawless, class 2 absent: [1, 1, 1] mean 1.00
IoU   flawless, no lesion: 0   flawless, class 2 absent: [1, 1, 0] mean 0.67
SENS  flawless, no lesion: 0   flawless, class 2 absent: [1, 1, 0] mean 0.67
PREC  flawless, no lesion: 0   flawless, class 2 absent: [1, 1, 0] mean 0.67
KAP   flawless, no lesion: 0   flawless, class 2 absent: [1, 1, 0] mean 0.67
MCC   flawless, no lesion: 0   flawless, class 2 absent: [1, 1, 0] mean 0.67
SPEC  flawless, no lesion: 1   flawless, class 2 absent: [1, 1, 1] mean 1.00
ACC   flawless, no lesion: 1   flawless, class 2 absent: [1, 1, 1] mean 1.00
STATED
