#!/usr/bin/env bash
# Finding:  a null in a polars text column is not missing to scikit-learn: SimpleImputer leaves it there and OrdinalEncoder
#           numbers it; the same table as pandas is imputed, and encoded as NaN
# Versions: scikit-learn 1.9.1, polars 2.1.0, pandas 3.1.1, pyarrow 26.0.1, numpy 2.4.6, Python 3.11
# Guess:    a null is missing, whichever data frame holds it, as a null in a numeric polars column is
# Seen:     SimpleImputer returns None where it promised the most frequent word. OrdinalEncoder makes a null the highest
#           category, after "z", so that a tree sees an order that is none. A one-hot encoder fitted on pandas and asked with
#           polars gives a null a row of zeros instead of the column it has for missing, where handle_unknown is "ignore"
# Docs:     missing_values is "the placeholder for the missing values", numpy.nan by default; for pandas' nullable types a
#           note says that pandas.NA is converted; polars is not spoken of
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q scikit-learn==1.9.1 polars==2.1.0 pandas==3.1.1 pyarrow==26.0.1 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import polars
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

frame = polars.DataFrame({"word": ["z", None, "b", "z"]})
print("number of missing values, polars says:", frame["word"].null_count())
for name, table in (("pandas", frame.to_pandas()), ("polars", frame)):
    print(name, "imputed:", SimpleImputer(strategy="most_frequent").fit_transform(table).ravel().tolist())
    print(name, "numbered:", OrdinalEncoder().fit_transform(table).ravel().tolist())
fitted = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(frame.to_pandas())
print("fitted on pandas, null from pandas:", fitted.transform(frame.to_pandas())[1].tolist())
print("fitted on pandas, null from polars:", fitted.transform(frame)[1].tolist())
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
number of missing values, polars says: 1
pandas imputed: ['z', 'z', 'b', 'z']
pandas numbered: [1.0, nan, 0.0, 1.0]
polars imputed: ['z', None, 'b', 'z']
polars numbered: [1.0, 2.0, 0.0, 1.0]
fitted on pandas, null from pandas: [0.0, 0.0, 1.0]
fitted on pandas, null from polars: [0.0, 0.0, 0.0]
STATED
