"""The same 200 requests, good and bad, to a real Triton and to our server: status, shape of answers, errors.

What differs on purpose stands in DELIBERATE; anything else that differs fails.
"""

import json
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from tests.contract import same
from tests.contract.tritonserver import site, tritonserver
from tests.serving.browser import free_port
from tests.serving.served import serving

pytestmark = [pytest.mark.triton, pytest.mark.slow]
MALFORMED = "Triton answers 500 when it cannot parse a request; it is the sender's mistake, so ours is 400"
DELIBERATE: Mapping[str, tuple[int, int, str]] = {
    "too few values": (500, 400, MALFORMED),
    "too many values": (500, 400, MALFORMED),
    "a negative size": (500, 400, MALFORMED),
    "no shape": (500, 400, MALFORMED),
    "text for numbers": (500, 400, MALFORMED),
    "fractions for INT64": (500, 400, MALFORMED),
    "true for INT64": (500, 400, MALFORMED),
    "inputs is no list": (500, 400, MALFORMED),
    "an id that is not a string": (500, 400, MALFORMED),
    "no JSON": (500, 400, MALFORMED),
    "a list": (500, 400, MALFORMED),
}
"""What the request is about: Triton's status, ours, and why. Beside these: ours gives every answer an `id` (the log has
it too), health paths have a JSON body, and `platform` names our server, for Triton's word for it would be a lie."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def document(self) -> dict[str, object]:
        """Read the JSON part."""
        length = self.headers.get("inference-header-content-length")
        head: dict[str, object] = json.loads(self.body[: int(length)] if length else self.body)
        return head

    def outputs(self) -> dict[str, tuple[str, list[int], list[float]]]:
        """Return each output's datatype, shape and values, from JSON or binary data."""
        document, found = self.document(), {}
        at = int(self.headers.get("inference-header-content-length", 0))
        listed = document["outputs"]
        assert isinstance(listed, list)
        for output in listed:
            data = output.get("data")
            if data is None:
                size = output["parameters"]["binary_data_size"]
                code = {"FP32": "f", "INT64": "q"}[output["datatype"]]
                data = struct.unpack(f"<{size // struct.calcsize(code)}{code}", self.body[at : at + size])
                at += size
            found[output["name"]] = (output["datatype"], output["shape"], list(data))
        return found


def send(address: str, asked: same.Ask) -> Answer:
    """Send one request."""
    headers = {"Content-Type": "application/json", **asked.headers}
    body = asked.body if asked.method == "POST" else None
    request = urllib.request.Request(f"http://{address}{asked.path}", body, headers, method=asked.method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Answer(response.status, response.read(), {k.lower(): v for k, v in response.headers.items()})
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read(), {k.lower(): v for k, v in error.headers.items()})


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve the model with Triton and with our server."""
    site()
    folder = tmp_path_factory.mktemp("same")
    package = same.package(folder / "package")
    http, grpc, metrics = (free_port() for _ in range(3))
    arguments = [f"--model-repository={package / 'model_repository'}", f"--metrics-port={metrics}"]
    arguments += [
        f"--http-port={http}",
        f"--grpc-port={grpc}",
        "--disable-auto-complete-config",
        "--strict-readiness=true",
    ]
    with tritonserver(folder / "backends", arguments, folder / "triton.log") as process, serving(package) as ours:
        triton = f"127.0.0.1:{http}"
        for _ in range(200):
            assert process.poll() is None, (folder / "triton.log").read_text()[-2000:]
            try:
                if send(triton, same.Ask(about="", path="/v2/health/ready", method="GET")).status == 200:
                    break
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.2)
        yield triton, ours.http


def test_200_requests_end_alike(both: tuple[str, str]) -> None:
    asked = same.requests(200)
    assert {one.about for one in asked} >= set(DELIBERATE)
    different = []
    for one in asked:
        theirs, ours = (send(address, one) for address in both)
        wanted = DELIBERATE.get(one.about, (theirs.status, theirs.status, ""))[:2]
        if (theirs.status, ours.status) != wanted:
            different.append((one.about, theirs.status, ours.status, ours.body[:200]))
        elif ours.status >= 400:
            assert list(ours.document()) == ["error"], one.about
            assert isinstance(ours.document()["error"], str)
            assert list(theirs.document()) == ["error"], one.about
        elif one.path.endswith("/infer"):
            same_answers(one, theirs, ours)
    assert different == []


def same_answers(one: same.Ask, theirs: Answer, ours: Answer) -> None:
    """Compare names, order, datatypes, shapes, values, and how they were sent."""
    mine, other = ours.outputs(), theirs.outputs()
    assert list(mine) == list(other), one.about
    for name, (datatype, shape, values) in other.items():
        assert mine[name][:2] == (datatype, shape), one.about
        assert np.allclose(mine[name][2], values, rtol=1e-6), one.about
    told, wanted = ours.document(), theirs.document()
    assert {key: told[key] for key in wanted if key != "outputs"} == {k: v for k, v in wanted.items() if k != "outputs"}
    assert set(told) - set(wanted) <= {"id"}
    length = "inference-header-content-length"
    assert (length in ours.headers) == (length in theirs.headers), one.about


def test_metadata_is_alike(both: tuple[str, str]) -> None:
    theirs, ours = (
        send(address, same.Ask(about="", path=f"/v2/models/{same.NAME}", method="GET")).document() for address in both
    )
    assert theirs.keys() == ours.keys()
    assert {k: v for k, v in theirs.items() if k != "platform"} == {k: v for k, v in ours.items() if k != "platform"}
