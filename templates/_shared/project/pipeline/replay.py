"""Ask a served model for golden.jsonl over HTTP and compare: `python -m pipeline.replay --url http://localhost:8080`.

Exit status 1 when an answer is another one than was measured in training; then do not let users in.
"""

import argparse
import base64
import json
import sys
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from pipeline.base import contract, params
from pipeline.base.contract import Contract, Port, Raw
from pipeline.base.failure import Failure
from pipeline.base.files import read_json
from pipeline.protocol import fields, wire
from pipeline.protocol.token import token
from pipeline.server import golden

TRIES, PAUSE = 6, 2.0
"""A gateway that has just learned of a service may refuse for some seconds."""
PATIENCE = 120.0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.replay", description="Replay golden.jsonl over HTTP.")
    add = parser.add_argument
    add("--package", type=Path, default=Path("package"), help="the folder that the package stage made")
    add("--url", required=True, help="where the service answers: http://localhost:8080")
    add("--token-env", default="", metavar="NAME", help="environment variable with the bearer token to send")
    add("--tolerance", type=float, default=None, help="largest difference; default: the package's own")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    headers = {"Content-Type": "application/json"}
    try:
        secret = token(options.token_env)
    except Failure as failure:
        sys.exit(f"{failure.code} {failure.message}\n  hint: {failure.hint}")
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    settings = params.load(options.package / "params.yaml")
    agreed = contract.load(settings)
    place = f"{options.url.rstrip('/')}/v2/models/{settings.text('name')}/infer"
    own = read_json(options.package / "package.json").get("golden.tolerance", golden.TOLERANCE)
    tolerance = options.tolerance if options.tolerance is not None else float(str(own))
    try:
        worst = golden.replay(options.package, agreed, lambda raw: ask(place, raw, agreed, headers), tolerance)
    except Failure as failure:
        sys.exit(f"{failure.code} {failure.message}\n  hint: {failure.hint}")
    count = sum(1 for _ in golden.golden_lines(options.package))
    print(f"{count} golden answers are the measured ones; largest difference {worst:.1e}, allowed {tolerance:g}")


def ask(url: str, raw: Raw, agreed: Contract, headers: dict[str, str]) -> dict[str, object]:
    """Send one request and give the answer's arrays by name. Raises Failure TS868 when there is none."""
    body = json.dumps({"inputs": [tensor(port, raw) for port in agreed.raw]}).encode()
    for attempt in range(1, TRIES + 1):
        try:
            request = urllib.request.Request(url, data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                content = answer.read()
            return read(json.loads(content), agreed)
        except urllib.error.HTTPError as error:
            told = f"{error.code} {error.read(300).decode(errors='replace')}"
            if error.code not in (404, 502, 503, 504) or attempt == TRIES:
                break
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            told = f"its answer is none of the Open Inference Protocol: {type(error).__name__}"
            break
        except (OSError, HTTPException) as error:
            told = f"{type(error).__name__} {error}"
            if attempt == TRIES:
                break
        time.sleep(PAUSE)
    hint = "is the URL the gateway's, and does the path have the model's name?"
    raise Failure("TS868", f"{url} gives no answer: {told}", hint=hint)


def tensor(port: Port, raw: Raw) -> dict[str, object]:
    """Return one input of a JSON request."""
    array = contract.to_array(port, raw[port.name])
    about: dict[str, object] = {"name": port.name, "datatype": port.datatype, "shape": list(array.shape)}
    if port.datatype != "BYTES":
        return {**about, "data": array.ravel().tolist()}
    if port.binary:
        encoded = [base64.b64encode(item).decode() for item in wire.items(array)]
        return {**about, "parameters": {"content_type": "base64"}, "data": encoded}
    return {**about, "data": [item.decode() for item in wire.items(array)]}


def read(answer: dict[str, object], agreed: Contract) -> dict[str, object]:
    """Return the values of a JSON answer, by port. Raises Failure TS868 when an output is missing."""
    outputs = answer.get("outputs")
    found = {str(one["name"]): one for one in outputs} if isinstance(outputs, list) else {}
    arrays: dict[str, object] = {}
    for port in agreed.answer:
        if port.name not in found:
            raise Failure("TS868", f"the answer has no `{port.name}`", hint="another model answers there?")
        one = found[port.name]
        encoded = fields.parameters(one).get("content_type") == "base64"
        array = wire.from_json(one["data"], port, one["shape"], encoded=encoded).reshape(one["shape"])
        arrays[port.name] = wire.items(array) if port.datatype == "BYTES" else array
    return arrays


if __name__ == "__main__":
    main()
