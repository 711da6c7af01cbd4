#!/usr/bin/env bash
# Finding:  WordPieceTrainer gives the same pieces other ids each time it is trained on the same text, in one process
# Versions: tokenizers 0.23.3, Python 3.11
# Guess:    the same text and settings give the same tokenizer, as BpeTrainer does; no step of it draws at random
# Seen:     the pieces that go on a word (##a) get their numbers in the order of a hash map, with one thread too, and there is
#           no seed to set. Weights trained with one tokenizer read another text with the next, and no shape tells. With
#           equal counts the choice of pieces can change as well
# Docs:     nothing; reported as huggingface/tokenizers#1794, a repair is open as #2066
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q tokenizers==0.23.3 || exit 3

TOKENIZERS_PARALLELISM=false RAYON_NUM_THREADS=1 env/bin/python > seen.txt <<'PYTHON'
import random

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

chance = random.Random(0)
words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 7))) for _ in range(400)]
lines = [" ".join(chance.choices(words, k=12)) for _ in range(3000)]


def trained(model, trainer):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(lines, trainer(vocab_size=300, show_progress=False))
    return tokenizer


for name, model, trainer in (
    ("BPE", models.BPE, trainers.BpeTrainer),
    ("WordPiece", models.WordPiece, trainers.WordPieceTrainer),
):
    several = [trained(model(), trainer) for _ in range(5)]
    read = {tuple(tokenizer.encode(lines[0]).ids) for tokenizer in several}
    print(f"{name}: five trainings, one way to read a line: {len(read) == 1}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
BPE: five trainings, one way to read a line: True
WordPiece: five trainings, one way to read a line: False
STATED
