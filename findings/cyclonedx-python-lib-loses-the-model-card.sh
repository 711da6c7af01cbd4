#!/usr/bin/env bash
# Finding:  cyclonedx-python-lib reads a valid bill of materials and writes it again without the model card, the description of
#           the data, and the compositions, annotations, formulation and declarations
# Versions: cyclonedx-python-lib 11.12.0, Python 3.11
# Guess:    a document of a schema that the library reads and writes keeps its parts, or the reading refuses what it has no
#           class for
# Seen:     no warning: what is left of a model is its name and version, of a data set its name, both still valid. A step that
#           only adds a licence or merges two documents removes what is asked of a record of a model (task, data, limits). That
#           the list was marked "incomplete" goes too, so the result says nothing on being complete
# Docs:     "partial support"; the table of gaps says of components that modified and signature are not supported, and names
#           compositions, but no modelCard. Asked for as CycloneDX/cyclonedx-python-lib#911
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q 'cyclonedx-python-lib[json-validation]==11.12.0' || exit 3

env/bin/python > seen.txt 2> warned.txt <<'PYTHON'
import json

from cyclonedx.model.bom import Bom
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

given = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "components": [
        {
            "type": "machine-learning-model", "bom-ref": "model", "name": "diagnosis", "version": "1.0",
            "description": "kept", "licenses": [{"license": {"id": "MIT"}}],
            "modelCard": {
                "modelParameters": {"task": "classification", "datasets": [{"ref": "data"}]},
                "considerations": {"technicalLimitations": ["adults only"]},
            },
        },
        {
            "type": "data", "bom-ref": "data", "name": "visits",
            "data": [{"type": "dataset", "name": "visits", "classification": "personal"}],
        },
    ],
    "compositions": [{"aggregate": "incomplete", "assemblies": ["model"]}],
    "annotations": [{
        "subjects": ["model"], "annotator": {"individual": {"name": "Ann"}},
        "timestamp": "2024-01-01T00:00:00Z", "text": "withdrawn",
    }],
    "formulation": [{"bom-ref": "training", "components": [{"type": "library", "name": "scikit-learn"}]}],
    "declarations": {"claims": [{"bom-ref": "claim", "target": "model", "predicate": "tested"}]},
}


def check(text):
    return "not valid" if JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) else "valid"


text = make_outputter(Bom.from_json(data=given), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
back = json.loads(text)
print("given:", check(json.dumps(given)), "written:", check(text))
print("gone from the document:", sorted(given.keys() - back.keys()))
for before in given["components"]:
    after = next(part for part in back["components"] if part["name"] == before["name"])
    print("gone from", before["name"] + ":", sorted(before.keys() - after.keys()))
PYTHON

cat warned.txt >> seen.txt
diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
given: valid written: valid
gone from the document: ['annotations', 'compositions', 'declarations', 'formulation']
gone from diagnosis: ['modelCard']
gone from visits: ['data']
STATED
