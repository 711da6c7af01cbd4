"""Make package/, the release that is served: `python -m pipeline.package`. Refuses what the gate failed.

With `--unreleased` it makes work/unreleased/ instead, whatever the gate said: to look at a model that is not a release.

What the gate left pending becomes a candidate: it serves on a laptop, package.json says `candidate`, and MLflow's alias
is `candidate`, so that nothing takes it for a release that passed.

It holds the Triton repository with the graph, encode and decode with what they read, the server, the manifests, the
documents with the measured numbers, metrics.json by which a release is sized, docs/openapi.json, bom.cdx.json and
provenance.json, and package.json with the digest of each file. Before it is put in place, the graph's signature is
compared with the contract and with config.pbtxt, golden.jsonl is replayed on the packaged files, and its first input
becomes Triton's warm-up.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.base import contract, digests, imports, params
from pipeline.base.contract import Array, Port
from pipeline.base.failure import Failure, run
from pipeline.base.files import LISTING, key, lock_digest, read_json, read_numbers, sha256, write_bytes, write_json
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.base.verdict import notes, titled
from pipeline.graph import precision_choice
from pipeline.packaging import bom, card, openapi, provenance, warmup
from pipeline.reporting.page import shown
from pipeline.reporting.recorder import Recorder
from pipeline.server import bundle, golden
from pipeline.server.bundle import Bundle

OUT, UNRELEASED = Path("package"), Path("work/unreleased")
ARTIFACT, GOLDEN = Path("build/artifact"), Path("build/onnx/golden.jsonl")
PROFILE = Path("build/evaluation/validation/profile.json")
"""What inputs and answers look like: what is served is counted against it."""
SERVER = (
    *("pipeline/serve.py", "pipeline/replay.py", "pipeline/task/processing.py"),
    "pipeline/protocol/answer_columns.py",
)
"""The modules that serve, and what makes a frame of answers; what they import travels with them."""
ENGINE = ("pipeline/engine.py", "pipeline/tensorrt/build_plan.py")
"""What the engine job runs of a package for TensorRT."""
EXPERIMENT = "DVC_EXP_BASELINE_REV"
"""The environment variable that DVC sets for the stages of an experiment."""
ALIAS = {"pass": "champion", "pending": "candidate"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.package", description="Make the package that is served.")
    parser.add_argument("--unreleased", action="store_true", help=f"make {UNRELEASED}, though the gate failed")
    if parser.parse_args().unreleased:
        run("", unreleased)
    else:
        run("package", release)


def release() -> None:
    """Make package/ and register it. Raises Failure TS850 when the gate failed."""
    settings, say = params.load(), Progress("package")
    gate = read_json(Path("gate.json"))
    refuse_failed(gate)
    recorder = Recorder(str(read_json(Path("build/training.json"))["key"]))  # MLflow starts meanwhile
    files, worst = make(settings, gate, OUT, {})
    recorder.register(OUT, ALIAS[str(gate["verdict"])])
    kind = "a release"
    if gate["verdict"] == "pending":
        kind = f"a candidate, no release ({'; '.join(pending(gate))}):"
    say(1, 1, "packages", f"{kind} of {files} files; golden answers replayed, largest difference {worst:.1e}")


def unreleased() -> None:
    """Make work/unreleased/ of the model that is there, unless it is that already. Raises Failure TS860 without one."""
    settings, say = params.load(), Progress("unreleased")
    if not Path("gate.json").is_file() or not (ARTIFACT / LISTING).is_file():
        raise Failure("TS860", "there is no model that was judged", hint="run the stages first: `trainerspec run`")
    made_of = [
        Path("gate.json"),
        ARTIFACT / LISTING,
        Path("params.yaml"),
        *imports.reached("pipeline/package.py", *SERVER),
    ]
    name, listing = key({}, made_of), UNRELEASED / "package.json"
    if listing.is_file() and read_json(listing).get("unreleased") == name:
        return
    gate = read_json(Path("gate.json"))
    UNRELEASED.parent.mkdir(exist_ok=True)
    make(settings, gate, UNRELEASED, {"unreleased": name})
    say(1, 1, "packages", f"the model as it is, no release (its verdict: {gate['verdict']}), is in {UNRELEASED}")


def make(settings: Params, gate: Mapping[str, object], out: Path, more: Mapping[str, object]) -> tuple[int, float]:
    """Make a package, check it, and put it in place; return its number of files and the largest golden difference."""
    verdict = str(gate["verdict"])
    digests.check_asked(settings)
    digests.verify(ARTIFACT, "optimize")
    digests.verify(GOLDEN.parent, "export")
    folder = out.with_name(f".{out.name}.part")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    lay_out(settings, folder)
    if settings.text("serve.examples") == "data":
        rows_of_data(folder)
    parity = read_json(ARTIFACT / "parity.json")
    tolerance = parity["tolerance"]
    assert isinstance(tolerance, float)
    packed = bundle.assemble(folder, settings, threads=settings.integer("compute.threads"))
    check_config(folder / "model_repository" / packed.name / "config.pbtxt", packed)
    worst = replay(packed, folder / "golden.jsonl", str(parity["precision"]), tolerance)
    warmup.write(folder / "model_repository" / packed.name, packed)
    write_json(folder / "docs/openapi.json", openapi.describe(packed, settings))
    measured = read_numbers(Path("metrics.json"))
    card.fill_documents(folder, settings, gate, measured, packed)
    graph, report = bundle.graph(folder, packed.name), read_json(card.REPORT)
    write_json(folder / bom.NAME, bom.bom(folder, graph, settings, measured, report, verdict))
    listing = digested(folder)
    write_json(folder / provenance.NAME, provenance.statement(listing, settings, Path()))
    listing[provenance.NAME] = sha256(folder / provenance.NAME)
    about = {
        "name": packed.name,
        "version": settings.text("version"),
        "task": settings.text("task"),
        "verdict": verdict,
    }
    about |= {"precision": str(parity["precision"]), "trainer.lock": lock_digest()}
    judged = {
        "candidate": verdict == "pending",
        "golden.difference": worst,
        "golden.tolerance": allowed(settings, tolerance),
    }
    write_json(folder / "package.json", {**about, **judged, **more, "files": listing})
    folder.rename(out)
    return len(listing), worst


def digested(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below a folder, by path."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def rows_of_data(folder: Path) -> None:
    """Put some rows of the data beside the model as examples; raises Failure TS822 where none can be shown."""
    command = [sys.executable, "-m", "pipeline.packaging.data_examples", str(folder)]
    if subprocess.run(command, check=False).returncode:
        hint = "its message is above; or write `serve: {examples: typical}`"
        raise Failure("TS822", "no row of the data can be an example", hint=hint)


def allowed(settings: Params, tolerance: float) -> float:
    """Return how far a served answer may be from golden.jsonl: TensorRT computes in the graph's precision."""
    return tolerance if settings.text("serve.engine") == "tensorrt" else golden.TOLERANCE


def refuse_failed(gate: Mapping[str, object]) -> None:
    """Raise Failure TS850 when an objective failed."""
    if gate["verdict"] != "fail":
        return
    rows = gate["objectives"]
    assert isinstance(rows, list)
    missed = [
        f"`{titled(row)}` (measured {shown(row['value'], row['unit'])})" for row in rows if row["verdict"] == "fail"
    ]
    hint = "`trainerspec revise` proposes a change; or lower the objective in trainer.yaml, then build and run"
    if EXPERIMENT in os.environ:
        hint = "an experiment stops before the test split: `dvc exp run -S SLOT=VALUE evaluate`"
    raise Failure("TS850", f"the gate failed: {', '.join(missed)}", hint=hint, evidence={"failed": missed})


def pending(gate: Mapping[str, object]) -> list[str]:
    """Say which objectives are not judged yet, and why."""
    rows = gate["objectives"]
    assert isinstance(rows, list)
    return [" ".join((f"`{titled(row)}` is pending:", *notes(row))) for row in rows if row["verdict"] == "pending"]


def lay_out(settings: Params, folder: Path) -> None:
    """Copy what belongs to a package."""
    name = settings.text("name")
    for source in ("model_repository", "deploy/base", "deploy/optional", "docs"):
        shutil.copytree(source, folder / source)
    place = bundle.graph(folder, name)
    place.parent.mkdir(parents=True)
    shutil.copyfile(ARTIFACT / "model.onnx", place)
    for extra in sorted(ARTIFACT.iterdir()):
        if extra.name == f"{place.name}.data":  # weights that do not fit the graph's own file
            shutil.copyfile(extra, place.with_name(extra.name))
        elif extra.name not in ("model.onnx", "parity.json", LISTING):
            shutil.copyfile(extra, folder / extra.name)
    tensorrt = settings.text("serve.engine") == "tensorrt"
    for module in imports.reached(*SERVER, *(ENGINE if tensorrt else ())):
        place = folder / module.relative_to(imports.ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(module, place)
    for file in ("Dockerfile", "metrics.json", "params.yaml"):
        shutil.copyfile(file, folder / file)
    shutil.copyfile("requirements-image.txt", folder / "requirements.txt")
    shutil.copyfile(GOLDEN, folder / "golden.jsonl")
    shutil.copyfile(PROFILE, folder / PROFILE.name)


def check_config(path: Path, packed: Bundle) -> None:
    """Compare config.pbtxt with the contract, which the graph was compared with. Raises Failure TS861."""
    text, wrong = path.read_text(encoding="utf-8"), []
    if f'name: "{packed.name}"' not in text.splitlines():
        wrong.append(f"it does not name `{packed.name}`")
    for side, ports in (("input", packed.contract.inputs), ("output", packed.contract.outputs)):
        blocks = re.findall(rf"^{side} {{\n(.*?)^}}", text, re.DOTALL | re.MULTILINE)
        found = {described(block) for block in blocks}
        wrong += [f"it has no {side} {port}" for port in ports if wanted(port) not in found]
        if len(blocks) != len(ports):
            wrong.append(f"it has {len(blocks)} {side}s, the graph {len(ports)}")
    if wrong:
        hint = "`trainerspec build --discard` writes config.pbtxt again"
        raise Failure("TS861", f"{path.name} does not fit the graph: {'; '.join(wrong)}", hint=hint)


def described(block: str) -> tuple[str, str, str]:
    """Return name, type and dims of one tensor in config.pbtxt."""
    kept = dict(re.findall(r"^\s+(name|data_type|dims): (.*)$", block, re.MULTILINE))
    return kept.get("name", "").strip('"'), kept.get("data_type", ""), kept.get("dims", "")


def wanted(port: Port) -> tuple[str, str, str]:
    """Return what config.pbtxt should say: dims leave the batch out."""
    kind = "TYPE_STRING" if port.datatype == "BYTES" else f"TYPE_{port.datatype}"
    return port.name, kind, str(list(port.shape[1:]) or [1])


def replay(packed: Bundle, answers_file: Path, precision: str, tolerance: float) -> float:
    """Answer golden.jsonl with the packaged files and give the largest difference. Raises Failure TS862.

    A graph in fp32 gives the same answers. Another precision moves the graph's outputs by up to `tolerance`; then the
    packaged graph's own answers are written, for from here on every copy must give those.
    """
    if precision == "fp32":
        return golden.replay(answers_file.parent, packed.contract, packed.answer, tolerance)
    worst, lines = 0.0, []
    for line in golden.golden_lines(answers_file.parent):
        raw = golden.raw_of(line, packed.contract)
        outputs = packed.run(packed.processor.encode(raw))
        kept = line["outputs"]
        assert isinstance(kept, dict)
        for port in packed.contract.outputs:
            if "data" in kept[port.name]:
                worst = max(worst, moved(port, kept[port.name]["data"], outputs[port.name].ravel()))
        if not worst <= tolerance:
            message = f"golden line {line['id']} moves by {worst:.2g} in {precision}, more than {tolerance:g}"
            raise Failure("TS862", message, hint="set `serve.precision: fp32`", evidence={"difference": worst})
        answers = packed.processor.decode(outputs, raw)
        line["answer"] = {
            port.name: golden.plain(contract.to_array(port, answers[port.name])[0]) for port in packed.contract.answer
        }
        line.pop("outputs")
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    write_bytes(answers_file, "".join(lines).encode())
    return worst


def moved(port: Port, kept: object, found: Array) -> float:
    """Return how far an output moved, as optimize measures it."""
    if port.kind == "image":
        return golden.distance(port, kept, found)
    return precision_choice.moved(np.asarray(kept, dtype=np.float64), found)


if __name__ == "__main__":
    main()
