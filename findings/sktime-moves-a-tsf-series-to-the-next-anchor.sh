#!/usr/bin/env bash
# Finding:  sktime reads a .tsf file and moves a series that does not start on a Sunday, on the first of a month or in January
#           to the next one, by up to a year
# Versions: sktime 1.2.0, pandas 3.0.6, numpy 2.4.6, Python 3.11
# Guess:    the first value stands at the file's start_timestamp and the others follow a week, month, quarter or year apart
# Seen:     a weekly series from Wednesday the 1st stands on Sunday the 5th, a yearly one from June 1979 on January 1980: all
#           values keep their order and get dates at which nobody measured them. Joined with holidays, prices or a second
#           source they meet other days; two series that started in one week on different days, or in one year in different
#           months, fall on the same dates. Frequencies of a day and less are right
# Docs:     load_tsf_to_dataframe: "convert the contents in a .tsf file into a dataframe"; the table of frequencies is in the
#           source only ("W", "MS", "QS", "YS" of pandas). return_type="default_tsf" keeps the start as the file has it
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q sktime==1.2.0 pandas==3.0.6 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import pathlib

from sktime.datasets import load_tsf_to_dataframe

for frequency, start in [
    ("daily", "2020-01-01"),
    ("weekly", "2020-01-01"),
    ("weekly", "2020-01-04"),
    ("monthly", "2020-01-15"),
    ("quarterly", "2020-02-01"),
    ("yearly", "1979-06-01"),
]:
    pathlib.Path("series.tsf").write_text(
        "@relation series\n@attribute series_name string\n@attribute start_timestamp date\n"
        f"@frequency {frequency}\n@horizon 1\n@missing false\n@equallength true\n@data\nT1:{start} 00-00-00:1,2,3\n"
    )
    table, _ = load_tsf_to_dataframe("series.tsf")
    print(f"{frequency:9} from {start}:", *(f"{row[-1]:%Y-%m-%d}" for row in table.index))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
daily     from 2020-01-01: 2020-01-01 2020-01-02 2020-01-03
weekly    from 2020-01-01: 2020-01-05 2020-01-12 2020-01-19
weekly    from 2020-01-04: 2020-01-05 2020-01-12 2020-01-19
monthly   from 2020-01-15: 2020-02-01 2020-03-01 2020-04-01
quarterly from 2020-02-01: 2020-04-01 2020-07-01 2020-10-01
yearly    from 1979-06-01: 1980-01-01 1981-01-01 1982-01-01
STATED
