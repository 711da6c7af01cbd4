#!/usr/bin/env bash
# Finding:  conllu reads "Translit=a=b" in the MISC column as "a", and writes an empty value back as "_"
# Versions: conllu 6.0.0, Python 3.11
# Guess:    parse and serialize give the same bytes back for a valid sentence, so that a script may change one column
# Seen:     what follows the second "=" is gone without a warning: an address with a query loses it, a gloss its second half.
#           "SpaceAfter=" comes back as "SpaceAfter=_". A treebank that was only passed through has changed
# Docs:     CoNLL-U leaves the content of MISC open but for "|"; the package speaks of "key-value pairs" and says no more
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q conllu==6.0.0 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import conllu

MISC = ("Gloss=x|SpaceAfter=No", "Foo", "Ref=a?page=2&line=3", "Translit=a=b|Gloss=x", "Note=")
sentence = "# text = " + " ".join("w" for _ in MISC) + "\n"
for number, misc in enumerate(MISC, start=1):
    sentence += "\t".join([str(number), "w", "w", "X", "_", "_", str(number - 1), "root" if number == 1 else "dep", "_", misc]) + "\n"
[read] = conllu.parse(sentence + "\n")
for before, after in zip(MISC, read.serialize().strip().splitlines()[1:], strict=True):
    print(before, "->", after.split("\t")[-1])
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
Gloss=x|SpaceAfter=No -> Gloss=x|SpaceAfter=No
Foo -> Foo
Ref=a?page=2&line=3 -> Ref=a?page
Translit=a=b|Gloss=x -> Translit=a|Gloss=x
Note= -> Note=_
STATED
