"""Who may ask: other sites' pages and names on a laptop, senders without the token anywhere."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import tiny
from tests.serving.served import Served, serving
from tests.serving.test_clients import body
from tests.serving.test_clients import post as ask
from tests.serving.test_server import get
from tests.templates import folders

INFER = "/v2/models/tiny/infer"
HOSTS = [
    ({"Host": "localhost"}, 200),
    ({"Host": "127.0.0.1:8080"}, 200),
    ({"Host": "[::1]:8080"}, 200),
    ({"Host": "LOCALHOST"}, 200),
    ({"Host": "evil.example"}, 403),
    ({"Host": "localhost.evil.example"}, 403),
    ({"Host": "friend.example"}, 200),
    ({"Origin": "http://localhost:1", "Host": "localhost:1"}, 200),
    ({"Origin": "https://app.example"}, 200),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://localhost:2", "Host": "localhost:1"}, 403),
]


@pytest.fixture(scope="module")
def named(package: Path) -> Iterator[Served]:
    with serving(package, "--allow-host", "friend.example", "--allow-origin", "https://app.example") as server:
        yield server


@pytest.mark.parametrize(("headers", "wanted"), HOSTS)
def test_on_a_laptop_other_sites_pages_and_names_are_refused(
    named: Served, headers: dict[str, str], wanted: int
) -> None:
    status, said, _ = ask(f"{named.http}{INFER}", body(["ab"]), headers)
    assert status == wanted
    assert ask(f"{named.http}/v2/repository/models/tiny/load", b"", headers)[0] == wanted
    assert wanted == 200 or "--allow-" in str(said["error"])


def test_a_server_for_all_warns_without_a_token_and_takes_any_name(package: Path) -> None:
    with serving(package, "--host", "0.0.0.0", "--quiet") as server:
        assert ask(f"{server.http}{INFER}", body(["ab"]), {"Host": "model.example"})[0] == 200
        assert "--token-env" in server.log.read_text()
    with serving(package, "--host", "0.0.0.0", "--token-env", "TOKEN", TOKEN="s3cret") as server:
        assert '"warning"' not in server.log.read_text()


def test_the_page_shows_nothing_before_the_token(package: Path) -> None:
    with serving(package, "--token-env", "TOKEN", TOKEN="s3cret\n") as server:
        with urllib.request.urlopen(f"http://{server.http}/", timeout=20) as answer:
            page = answer.read().decode() + str(answer.headers)
        assert "tiny" not in page
        assert tiny.TEXTS[0] not in page
        assert "cookie" not in page.lower()
        for path in (
            "/contract.json",
            "/openapi.json",
            "/v2/models",
            "/v2/models/tiny",
            "/v2/models/tiny/config",
            "/v2/",
        ):
            assert get(f"{server.http}{path}")[0] == 401, path
        for given in (
            "",
            "s3cret",
            "Bearer",
            "Bearer ",
            "Bearer s3cre",
            "Bearer s3cret s3cret",
            "Basic s3cret",
            "Bearer \xe9",
        ):
            status, said, about = ask(f"{server.http}{INFER}", body(["a"]), {"Authorization": given})
            assert (status, about["www-authenticate"]) == (401, "Bearer"), given
            assert "Authorization: Bearer" in str(said["error"])
        for scheme in ("Bearer", "bearer", "BEARER"):
            headers = {"Authorization": f"{scheme} s3cret"}
            sent = urllib.request.Request(f"http://{server.http}/contract.json", headers=headers)
            with urllib.request.urlopen(sent, timeout=20) as response:
                assert json.load(response)["name"] == "tiny"
        assert ask(f"{server.http}{INFER}", body(["a"]), {"Authorization": "Bearer s3cret", "Origin": "null"})[0] == 200


def test_a_token_is_what_a_header_can_carry(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with folders.importable(package):
        from pipeline.base.failure import Failure
        from pipeline.protocol.token import token

        assert token("") is None
        monkeypatch.setenv("TOKEN", " s3cret/+=\n")
        assert token("TOKEN") == "s3cret/+="
        for odd in ("geheim\u00e9", "two words", "a\x7f"):
            monkeypatch.setenv("TOKEN", odd)
            with pytest.raises(Failure) as failed:
                token("TOKEN")
            assert (failed.value.code, "no header can carry" in failed.value.message) == ("TS864", True)
