"""Run one example from its sentence to a served answer, in build/examples/NAME.

    python examples/run.py news

Each step is the command that a user would type; it is printed before it runs.
"""

import base64
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PORT = int(os.environ.get("EXAMPLE_PORT", "8080"))


def show(command: list[str]) -> None:
    """Print a command as a user would type it."""
    words = [Path(word).name if word.startswith(str(BIN)) else word for word in command]
    print(f"\n$ {shlex.join(words)}", flush=True)


def step(command: list[str], folder: Path) -> None:
    """Run one command in `folder`, or stop with its exit status."""
    show(command)
    done = subprocess.run(command, cwd=folder)
    if done.returncode:
        raise SystemExit(done.returncode)


def wait_until_ready(server: subprocess.Popen[bytes], url: str, seconds: float) -> None:
    """Poll the readiness route until it answers 200.

    Raises SystemExit when the server ends, or does not get ready in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"the server ended with status {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise SystemExit(f"the server was not ready after {seconds:.0f} s")


def ask(name: str, question: dict[str, str | float | list[float] | dict[str, str]], folder: Path) -> None:
    """Send one raw question over the Open Inference Protocol and print the answer.

    `{"file": PATH}` sends a file, a list a history; a file in the answer is written to `folder`.
    """
    url = f"http://127.0.0.1:{PORT}/v2/models/{name}/infer"
    inputs: list[dict[str, object]] = []
    told: list[dict[str, object]] = []
    for key, value in question.items():
        port: dict[str, object] = {"name": key, "datatype": "BYTES", "shape": [1]}
        if isinstance(value, int | float):
            inputs.append(port | {"datatype": "INT64" if isinstance(value, int) else "FP64", "data": [value]})
            told.append(inputs[-1])
        elif isinstance(value, list):
            inputs.append(port | {"datatype": "FP64", "shape": [1, len(value)], "data": value})
            told.append(inputs[-1])
        elif isinstance(value, str):
            inputs.append(port | {"data": [value]})
            told.append(port | {"data": [value]})
        else:
            port["parameters"] = {"content_type": "base64"}
            inputs.append(port | {"data": [base64.b64encode((folder / value["file"]).read_bytes()).decode()]})
            told.append(port | {"data": [f"<base64 of {value['file']}>"]})
    body = json.dumps({"inputs": inputs})
    print(f"\n$ curl -s {url} -d {shlex.quote(json.dumps({'inputs': told}))}", flush=True)
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        reply = json.load(answer)
    for output in reply["outputs"]:
        if output.get("parameters", {}).get("content_type") == "base64":
            path = folder / f"answer-{output['name']}"
            path.write_bytes(base64.b64decode(output["data"][0]))
            print(f"{output['name']}: a file, written to {path.name}")
            continue
        values = [round(value, 4) if isinstance(value, float) else value for value in output["data"]]
        print(f"{output['name']}: {values}")


def known() -> list[str]:
    """Return the names of the examples."""
    return sorted(path.parent.name for path in (ROOT / "examples").glob("*/request.txt"))


def drafted(name: str, folder: Path) -> Path:
    """Make an example's data in `folder`, draft its request, check and build the spec; return the project's folder."""
    example = ROOT / "examples" / name
    folder.mkdir(parents=True, exist_ok=True)
    trainerspec = str(BIN / "trainerspec")
    step([sys.executable, str(example / "make_data.py"), "."], folder)
    step([trainerspec, "draft", (example / "request.txt").read_text().strip(), "--out", ".", "--force"], folder)
    project = max(folder.glob("*/trainer.yaml"), key=lambda path: path.stat().st_mtime).parent
    step([trainerspec, "check"], project)
    step([trainerspec, "build"], project)
    return project


def main(name: str) -> None:
    """Make the data, then draft, check, build, run, serve and ask."""
    if name not in known():
        raise SystemExit(f"there is no example `{name}`; there are: {', '.join(known())}")
    example, folder = ROOT / "examples" / name, ROOT / "build" / "examples" / name
    trainerspec = str(BIN / "trainerspec")
    started = time.monotonic()
    project = drafted(name, folder)
    step([trainerspec, "run"], project)

    serve = [trainerspec, "serve", "--port", str(PORT)]
    show(serve)
    server = subprocess.Popen(serve, cwd=project)
    try:
        wait_until_ready(server, f"http://127.0.0.1:{PORT}/v2/health/ready", 60)
        ask(project.name, json.loads((example / "question.json").read_text()), folder)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)

    place = project.relative_to(ROOT)
    print(f"\nFrom a sentence to a served answer in {time.monotonic() - started:.0f} s. Where to look next:")
    print(f"  {place}/trainer.yaml         the spec: what was asked; edit it and build again")
    print(f"  {place}/README.md            what was decided, by whom and why")
    print(f"  {place}/build/report.html    how good the model is")
    print(f"  {place}/package/docs/        API.md and MODEL_CARD.md")
    print(f"  cd {place} && trainerspec serve    then open http://127.0.0.1:8080/ to try it by hand")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "news")
