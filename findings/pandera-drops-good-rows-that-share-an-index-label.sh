#!/usr/bin/env bash
# Finding:  a pandera schema with drop_invalid_rows=True drops, with a bad row, every row that has the same index label
# Versions: pandera 0.35.0, pandas 3.1.1, numpy 2.4.6, Python 3.11
# Guess:    the rows that fail a check are dropped and the others stay, as with polars; or labels that repeat are refused
# Seen:     labels repeat after each concat of two files that does not ask for new ones, and wherever the index is a day or a
#           patient. Here one bad value of four costs two rows of a file each, with an index of patients the patient's whole
#           history; no message counts them, and all that is left passes the checks. polars has no labels and is right
# Docs:     a page on dropping invalid rows; nothing on an index that is not unique. That an index of several levels failed
#           was mended as unionai-oss/pandera#1287
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q 'pandera[polars]==0.35.0' pandas==3.1.1 numpy==2.4.6 polars==2.1.0 || exit 3

DISABLE_PANDERA_IMPORT_WARNING=True env/bin/python -W ignore > seen.txt <<'PYTHON'
import pandas
import pandera.pandas
import pandera.polars
import polars

schema = pandera.pandas.DataFrameSchema(
    {"dose": pandera.pandas.Column(int, pandera.pandas.Check.gt(0))}, drop_invalid_rows=True
)
first, second = pandas.DataFrame({"dose": [10, -1, 30]}), pandas.DataFrame({"dose": [40, 50, 60]})
print("new labels   ", schema.validate(pandas.concat([first, second], ignore_index=True), lazy=True)["dose"].to_list())
print("labels repeat", schema.validate(pandas.concat([first, second]), lazy=True)["dose"].to_list())
visits = pandas.DataFrame({"dose": [10, 20, -1, 40]}, index=["ann", "bob", "ann", "ann"])
print("patients     ", schema.validate(visits, lazy=True)["dose"].to_list())
same = pandera.polars.DataFrameSchema(
    {"dose": pandera.polars.Column(int, pandera.polars.Check.gt(0))}, drop_invalid_rows=True
)
print("polars       ", same.validate(polars.DataFrame({"dose": [10, -1, 30, 40, 50, 60]}), lazy=True)["dose"].to_list())
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
new labels    [10, 30, 40, 50, 60]
labels repeat [10, 30, 40, 60]
patients      [20]
polars        [10, 30, 40, 50, 60]
STATED
