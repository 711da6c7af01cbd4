#!/usr/bin/env bash
# Finding:  huggingface_hub reads a model card with the results of two models and writes all of them under the name of the second
# Versions: huggingface-hub 2.4.0, PyYAML 6.0.4, Python 3.11
# Guess:    a card that is loaded and saved keeps its metadata, or the reading refuses a model index of several models
# Seen:     model-index is a list of models, each with a name and results. ModelCard keeps one name and one list of results, so
#           loading a card to add a tag and saving it gives the baseline's scores to the fine-tuned model (or the other way
#           round), with no warning. The results of both then stand side by side for one task and data set, as metrics of
#           one entry, and nothing tells which were whose
# Docs:     "the name of the model as found in the model index"; nothing on several
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q huggingface-hub==2.4.0 PyYAML==6.0.4 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import yaml
from huggingface_hub import ModelCard

text = """---
license: apache-2.0
model-index:
- name: baseline
  results:
  - task: {type: text-classification}
    dataset: {type: reviews, name: Reviews}
    metrics: [{type: accuracy, value: 0.61}]
- name: tuned
  results:
  - task: {type: text-classification}
    dataset: {type: reviews, name: Reviews}
    metrics: [{type: accuracy, value: 0.93}]
---
# Two models
"""


def scores(card):
    for model in yaml.safe_load(card.split("---")[1])["model-index"]:
        yield model["name"], [[metric["value"] for metric in result["metrics"]] for result in model["results"]]


card = ModelCard(text)
card.data.tags = ["reviews"]
print("before", *scores(text))
print("after ", *scores(str(card)))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
before ('baseline', [[0.61]]) ('tuned', [[0.93]])
after  ('tuned', [[0.61, 0.93]])
STATED
