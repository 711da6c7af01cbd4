#!/usr/bin/env bash
# Finding:  the MAPE of GluonTS leaves out each time step whose actual value is 0, whatever was forecast for it
# Versions: gluonts 0.17.0, pandas 2.3.3, numpy 2.4.6, Python 3.11
# Guess:    the formula is followed: infinite or NaN where a zero was forecast wrongly; or zeros are counted as masked, or refused
# Seen:     a forecast of 500 on each day without sales has a MAPE of 0, as has the exact forecast; no warning, and the number
#           of masked values stays 0. The division is made on masked arrays, which mask a division by zero and then take the
#           mean of the rest; what is NaN in the actual values alone was meant to be masked. The same in gluonts.evaluation
#           and gluonts.ev. For a series that sells on few days the number rates those days alone
# Docs:     mean(|Y - Y_hat| / |Y|); nothing on zeros
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q gluonts==0.17.0 packaging==26.4 pandas==2.3.3 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt 2> /dev/null <<'PYTHON'
import numpy
import pandas
from gluonts.dataset.pandas import PandasDataset
from gluonts.dataset.split import split
from gluonts.ev.metrics import MAPE
from gluonts.evaluation import Evaluator
from gluonts.model import evaluate_forecasts
from gluonts.model.forecast import SampleForecast

days = pandas.period_range("2024-01-01", periods=8, freq="D")
sold = [3.0, 1, 4, 1, 10, 0, 0, 20]
for name, guess in {"exact": [10.0, 0, 0, 20], "500 for 0": [10.0, 500, 500, 20], "5 for 10": [5.0, 0, 0, 20]}.items():
    forecast = SampleForecast(samples=numpy.tile(guess, (5, 1)), start_date=days[4])
    evaluator = Evaluator(quantiles=[0.5], num_workers=0)
    total, _ = evaluator([pandas.DataFrame({0: sold}, index=days)], [forecast])
    _, template = split(PandasDataset(pandas.DataFrame({"target": sold}, index=days)), offset=-4)
    newer = evaluate_forecasts([forecast], test_data=template.generate_instances(4), metrics=[MAPE()])
    print(f"{name:10} MAPE {total['MAPE']:.2f} {newer.iloc[0, 0]:.2f}  mean absolute error {total['abs_error'] / 4:.2f}",
          f" masked {total['num_masked_target_values']:.0f}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
exact      MAPE 0.00 0.00  mean absolute error 0.00  masked 0
500 for 0  MAPE 0.00 0.00  mean absolute error 250.00  masked 0
5 for 10   MAPE 0.25 0.25  mean absolute error 1.25  masked 0
STATED
