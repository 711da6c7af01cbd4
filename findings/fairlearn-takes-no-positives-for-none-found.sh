#!/usr/bin/env bash
# Finding:  fairlearn gives a group in which nobody is positive a true positive rate of 0, so the equal opportunity difference is
#           1 and the ratio 0, the worst there is
# Versions: fairlearn 0.15.0, scikit-learn 1.9.1, pandas 3.1.1, numpy 2.4.6, Python 3.11
# Guess:    the rate of such a group is NaN and it is left out or named, or the call refuses, as for a missing group
# Seen:     a model without one fault is reported as unfair to the utmost, with no warning, as soon as one group is too small to
#           hold a positive: three sensitive columns cross to dozens of groups. A real difference of the other groups is hidden
#           behind the 1, and a model choice by this number goes by the groups' sizes. A group without negatives has a false
#           positive rate of 0, the best, and a true negative rate of 0, the worst, though the two should add up to 1
# Docs:     P(h(X)=1 | A=a, Y=1), the largest minus the smallest; nothing on a group where the condition never holds. The
#           recall of scikit-learn, the same number, warns that it is ill-defined there
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q fairlearn==0.15.0 scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6 || exit 3

env/bin/python > seen.txt 2> warned.txt <<'PYTHON'
from fairlearn import metrics

fair = [
    metrics.equal_opportunity_difference,
    metrics.equalized_odds_difference,
    metrics.equal_opportunity_ratio,
]
truth = [1, 0, 1, 0] + [1, 0, 1, 0] + [0, 0]
groups = list("aaaabbbbcc")
for name, answers, rows in [
    ("no fault, groups a and b", truth, 8),
    ("no fault, groups a, b and c", truth, 10),
    ("b finds half, groups a and b", [1, 0, 1, 0] + [1, 0, 0, 0] + [0, 0], 8),
    ("b finds half, groups a, b and c", [1, 0, 1, 0] + [1, 0, 0, 0] + [0, 0], 10),
]:
    values = [float(one(truth[:rows], answers[:rows], sensitive_features=groups[:rows])) for one in fair]
    print(f"{name:32} difference {values[0]} (odds {values[1]}), ratio {values[2]}")
only = metrics.MetricFrame(
    metrics={"false positive": metrics.false_positive_rate, "true negative": metrics.true_negative_rate},
    y_true=[1, 0, 1, 1], y_pred=[1, 0, 1, 1], sensitive_features=list("aabb"),
)
print("b holds positives only:", only.by_group.loc["b"].to_dict())
PYTHON

cat warned.txt >> seen.txt
diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
no fault, groups a and b         difference 0.0 (odds 0.0), ratio 1.0
no fault, groups a, b and c      difference 1.0 (odds 1.0), ratio 0.0
b finds half, groups a and b     difference 0.5 (odds 0.5), ratio 0.5
b finds half, groups a, b and c  difference 1.0 (odds 1.0), ratio 0.0
b holds positives only: {'false positive': 0.0, 'true negative': 0.0}
STATED
