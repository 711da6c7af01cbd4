"""Build the TensorRT plan on the GPU that will run it, then serve it for the check; runs in the Triton image.

Standard library only, for that image has no more: `python3 build_plan.py --work /work -- tritonserver ...`. Reads
plan.json, writes engine/model_repository and built.json below the work folder, and serves until `done` lies there.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

PLACES = ("/usr/src/tensorrt/bin", "/opt/tensorrt/bin", "/workspace/tensorrt/bin")
"""Where NVIDIA's images have trtexec."""
OPTIONAL = ("--stronglyTyped", "--skipInference", "--builderOptimizationLevel", "--timingCacheFile", "--memPoolSize")
"""Flags that some releases do not have; precision is a property of the typed graph."""
TAIL = 4000
"""Characters of trtexec's last words that are kept."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="build_plan.py", description="Build a TensorRT plan and serve it.")
    add = parser.add_argument
    add("--work", type=Path, default=Path("/work"), help="the folder shared with the container that measures")
    add("--patience", type=float, default=7200, help="seconds after which serving ends without `done`")
    add("server", nargs="*", help="after `--`: the server's command line")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    work: Path = options.work
    asked = json.loads((work / "plan.json").read_text(encoding="utf-8"))
    built = build(work, asked)
    write(work / "built.json", built)
    print(f"plan: {built['ok']}, TensorRT {built['tensorrt']}, {built['gpu']}", flush=True)
    if built["ok"]:
        serve(work, options.server, options.patience)


def build(work: Path, asked: dict[str, object]) -> dict[str, object]:
    """Run trtexec and give what came of it: a failure is a result too, for the ONNX graph can be served instead."""
    name = str(asked["name"])
    place = work / "engine" / "model_repository" / name
    (place / "1").mkdir(parents=True, exist_ok=True)
    made: dict[str, object] = {"ok": False, "log": "", "tensorrt": "", "seconds": 0.0, **gpu()}
    program = shutil.which("trtexec", path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))
    if program is None:
        return made | {"log": "there is no trtexec in this image"}
    offered = run([program, "--help"])[1]
    words = [program, *command(work, asked, offered)]
    begun = time.monotonic()
    status, told = run(words)
    made |= {"log": told[-TAIL:], "seconds": round(time.monotonic() - begun, 1), "command": words}
    made["tensorrt"] = version(told) or version(offered)
    if status == 0 and (place / "1" / "model.plan").is_file():
        shutil.copyfile(work / "engine.pbtxt", place / "config.pbtxt")
        labels = work / "model_repository" / name / "labels.txt"
        if labels.is_file():
            shutil.copyfile(labels, place / "labels.txt")
        made["ok"] = True
    return made


def command(work: Path, asked: dict[str, object], offered: str) -> list[str]:
    """Return trtexec's arguments: the graph, the plan, and the smallest, usual and largest shapes."""
    name = asked["name"]
    words = [
        f"--onnx={work}/model_repository/{name}/1/model.onnx",
        f"--saveEngine={work}/engine/model_repository/{name}/1/model.plan",
    ]
    for size in ("min", "opt", "max"):
        shapes = asked[size]
        assert isinstance(shapes, dict)
        words.append(f"--{size}Shapes=" + ",".join(f"{one}:{'x'.join(map(str, dims))}" for one, dims in shapes.items()))
    values = {
        "--builderOptimizationLevel": "=3",
        "--timingCacheFile": f"={work}/timing.cache",
        "--memPoolSize": "=workspace:4096",
    }
    return [*words, *(f"{flag}{values.get(flag, '')}" for flag in OPTIONAL if flag in offered)]


def version(told: str) -> str:
    """Read TensorRT's version in trtexec's words.

    >>> version("&&&& RUNNING TensorRT.trtexec [TensorRT v101303] [b9] # trtexec"), version("[TensorRT v8601]")
    ('10.13.3', '8.6.1')
    """
    found = re.search(r"\[TensorRT v(\d+)\]", told)
    if found is None:
        return ""
    digits = found[1]
    parts = (digits[:-4], digits[-4:-2], digits[-2:]) if len(digits) > 4 else (digits[0], digits[1], digits[2:])
    return ".".join(str(int(part or 0)) for part in parts)


def gpu() -> dict[str, object]:
    """Name the GPU and its compute capability; empty where there is none."""
    if shutil.which("nvidia-smi") is None:
        return {"gpu": "", "compute_capability": ""}
    told = run(["nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv,noheader"])[1]
    name, _, capability = told.splitlines()[0].rpartition(",") if told.strip() else ("", "", "")
    return {"gpu": name.strip(), "compute_capability": capability.strip()}


def run(words: list[str]) -> tuple[int, str]:
    """Run a program and give its status and its words."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def serve(work: Path, words: list[str], patience: float) -> None:
    """Serve the plan until `done` lies in the work folder, the server ends, or patience does."""
    end = time.monotonic() + patience
    with subprocess.Popen(words) as process:
        while process.poll() is None and time.monotonic() < end and not (work / "done").exists():
            time.sleep(0.2)
        if process.poll() is None:
            process.terminate()
        elif not (work / "done").exists():
            write(work / "ended.json", {"status": process.returncode})


def write(path: Path, value: object) -> None:
    """Write JSON whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=2), encoding="utf-8")
    part.rename(path)


if __name__ == "__main__":
    main()
