#!/usr/bin/env bash
# Finding:  DVC does not see that a parameter went from 1 to 1.0 or to true, also inside a list: the stage does not run again
# Versions: dvc 3.67.1, Python 3.11
# Guess:    each of these edits is a change, as the values are other types in YAML and the file's bytes differ
# Seen:     "up to date", no diff, and the old output stays. To scikit-learn max_features=1 is one column and 1.0 is all of
#           them, min_samples_leaf=1 one row and 1.0 all, test_size=1 one row and 1.0 everything: the results that lie in the
#           workspace belong to another model than params.yaml says. Text for a number ("1" for 1) is seen
# Docs:     a stage runs again when a parameter's value has changed; how values are compared is not said
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q dvc==3.67.1 || exit 3
export PATH="$folder/env/bin:$PATH" DVC_NO_ANALYTICS=1 DVC_SITE_CACHE_DIR="$folder/site"

mkdir work && cd work
dvc init -q --no-scm
cat > dvc.yaml <<'YAML'
stages:
  train:
    cmd: cp params.yaml model.txt
    params:
      - max_features
      - widths
    outs:
      - model.txt
YAML
parameters() { printf 'max_features: %s\nwidths: [8, %s]\n' "$1" "$2" > params.yaml; }
parameters 1 1
dvc repro -q
for pair in "1 1" "1.0 1" "true 1" "1 1.0" "2 1" '"1" 1'; do
  parameters $pair
  echo "$pair: $(if dvc status -q; then echo up to date; else echo changed; fi)"
done > ../seen.txt
parameters 1.0 1
dvc repro -q
echo "trained with $(head -n 1 model.txt), asked for $(head -n 1 params.yaml)" >> ../seen.txt
cd ..

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
1 1: up to date
1.0 1: up to date
true 1: up to date
1 1.0: up to date
2 1: changed
"1" 1: changed
trained with max_features: 1, asked for max_features: 1.0
STATED
