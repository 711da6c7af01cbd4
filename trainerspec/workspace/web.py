"""HTTP for the compiler: http and https alone, whatever an answer says, and no token for another host."""

import json
from http.client import HTTPMessage
from typing import IO, cast
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from trainerspec.ir.json import Json

SCHEMES = ("http", "https")
LARGEST = 2**24
"""Bytes of an answer that are read."""


class _Redirects(HTTPRedirectHandler):
    """Follows a redirect to http or https, never from https to http, and leaves the token behind at another host."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if after.scheme not in SCHEMES or (before.scheme == "https" and after.scheme == "http"):
            raise HTTPError(req.full_url, code, f"a redirect to `{after.scheme}:` is not followed", headers, fp)
        made = super().redirect_request(req, fp, code, msg, headers, newurl)
        if made is not None and (after.scheme, after.netloc) != (before.scheme, before.netloc):
            made.remove_header("Authorization")
        return made


def _opener() -> OpenerDirector:
    made = OpenerDirector()
    for handler in (
        *(ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler()),
        *(_Redirects(), HTTPErrorProcessor()),
    ):
        made.add_handler(handler)
    return made


def ask(request: Request, seconds: float) -> tuple[HTTPMessage, bytes]:
    """Return the headers and the body of an answer.

    Raises HTTPError for a status that is none of success, URLError and OSError when nobody answers, ValueError for an
    address of another scheme and for an answer of more than `LARGEST` bytes.
    """
    if urlsplit(request.full_url).scheme not in SCHEMES:
        raise ValueError("only http and https are asked")
    with _opener().open(request, timeout=seconds) as answer:
        content = answer.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"the answer has more than {LARGEST} bytes")
        return answer.headers, content


def ask_json(request: Request, seconds: float) -> Json:
    """Return an answer's JSON. Raises as `ask` does, and ValueError when it is none."""
    return cast(Json, json.loads(ask(request, seconds)[1]))
