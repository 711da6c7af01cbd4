#!/usr/bin/env bash
# Finding:  polars_ds counts a row without a prediction as one predicted without error, in R2 and in the mean absolute, squared,
#           logarithmic, Huber and log-cosh error, and in SMAPE
# Versions: polars-ds 0.13.0, polars 2.1.0, numpy 2.4.6, Python 3.11
# Guess:    a null is skipped as a row, as in query_mape and query_log_loss, or refused as in query_roc_auc
# Seen:     the sum skips the null and the number of rows, or the spread for R2, does not: each row that a model leaves out makes
#           it better, and the harder the row the more. A model that passes over one outlier of five rows gets an R2 of 0.999
#           where it earns 0.35; one that answers half of the rows gets half of its error. After a left join of predictions,
#           where nulls come from, the worst-joined model wins
# Docs:     a line on each metric; nothing on nulls
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q polars-ds==0.13.0 polars==2.1.0 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import polars
import polars_ds

table = polars.DataFrame({"actual": [1.0, 2.0, 3.0, 4.0, 60.0], "guess": [2.0, 3.0, 2.0, 3.5, None]})
print(f"{'':15} with the null, without that row")
for name in ("r2", "l1", "l2", "msle", "hubor_loss", "log_cosh", "smape", "mape"):
    more = {"delta": 1.0} if name == "hubor_loss" else {}
    metric = getattr(polars_ds, f"query_{name}")("actual", "guess", **more)
    print(f"{name:15} {table.select(metric).item():.3f} {table.drop_nulls().select(metric).item():.3f}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
                with the null, without that row
r2              0.999 0.350
l1              0.700 0.875
l2              0.650 0.812
msle            0.068 0.085
hubor_loss      0.325 0.406
log_cosh        0.284 0.355
smape           0.160 0.200
mape            0.490 0.490
STATED
