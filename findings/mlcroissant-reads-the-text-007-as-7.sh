#!/usr/bin/env bash
# Finding:  mlcroissant gives a field of type sc:Text that holds 007 as "7" and one that holds NA as missing, and whole numbers
#           next to an empty cell as the nearest float64
# Versions: mlcroissant 1.1.1, pandas 3.1.1, numpy 2.4.6, Python 3.11
# Guess:    the type that the description declares decides how a cell is read: text stays as it is, whole numbers stay exact
# Seen:     the file is read first, with types guessed, and the declared type is put on what is left: postal codes and patient
#           numbers lose their zeros and no longer match the names of files, Namibia and the word "null" are missing, and of two
#           neighbouring ids one becomes the other. In JSON lines, where "007" is text by its quotes, the zeros go as well. Each
#           column that holds one letter somewhere is right, so the same description reads two files in two ways
# Docs:     Croissant has dataType declare the type of a field's values; nothing on types that are guessed before
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q mlcroissant==1.1.1 pandas==3.1.1 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt 2> warned.txt <<'PYTHON'
import hashlib
import json
import pathlib

import mlcroissant

VOCABULARY = "http://mlcommons.org/croissant/"
WORDS = ["column", "extract", "field", "fileObject", "recordSet", "source", "data", "path"]


def records(name, encoding, fields):
    described = {
        "@context": {
            "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/", "cr": VOCABULARY,
            "conformsTo": "http://purl.org/dc/terms/conformsTo", "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
            **{word: f"cr:{word}" for word in WORDS},
        },
        "@type": "sc:Dataset", "name": "codes", "description": "codes", "url": "https://example.org", "version": "1.0.0",
        "conformsTo": "http://mlcommons.org/croissant/1.0", "license": "https://example.org", "datePublished": "2024-01-01",
        "distribution": [{
            "@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "encodingFormat": encoding,
            "sha256": hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest(),
        }],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": [
            {"@type": "cr:Field", "@id": f"rows/{field}", "name": field, "dataType": kind,
             "source": {"fileObject": {"@id": name}, "extract": {"column": field}}}
            for field, kind in fields.items()
        ]}],
    }
    pathlib.Path("description.json").write_text(json.dumps(described))
    return list(mlcroissant.Dataset("description.json").records("rows"))


def show(rows, field):
    values = [row[f"rows/{field}"] for row in rows]
    print(f"{field:8}", [value.decode() if isinstance(value, bytes) else value and int(value) for value in values])


pathlib.Path("codes.csv").write_text(
    "patient,site,country,number\n007,007,NA,9007199254740993\n010,A10,DE,9007199254740995\n011,011,FR,\n"
)
rows = records("codes.csv", "text/csv", {"patient": "sc:Text", "site": "sc:Text", "country": "sc:Text", "number": "sc:Integer"})
print("CSV")
for field in ("patient", "site", "country", "number"):
    show(rows, field)
print("JSON lines")
pathlib.Path("codes.jsonl").write_text('{"patient": "007", "site": "007"}\n{"patient": "010", "site": "A10"}\n')
rows = records("codes.jsonl", "application/jsonlines", {"patient": "sc:Text", "site": "sc:Text"})
for field in ("patient", "site"):
    show(rows, field)
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
CSV
patient  ['7', '10', '11']
site     ['007', 'A10', '011']
country  [None, 'DE', 'FR']
number   [9007199254740992, 9007199254740996, None]
JSON lines
patient  ['7', '10']
site     ['007', 'A10']
STATED
