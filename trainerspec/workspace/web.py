"""HTTP for the compiler: http and https alone, whatever an answer says, and no token for another host."""

import json
from http.client import HTTPException, HTTPMessage
from typing import cast
from urllib.parse import urlsplit
from urllib.request import Request

from trainerspec.collecting.transfers.redirects import SCHEMES, opener
from trainerspec.ir.json import Json

LARGEST = 2**24
"""Bytes of an answer that are read."""


def ask(request: Request, seconds: float) -> tuple[HTTPMessage, bytes]:
    """Return the headers and the body of an answer.

    Raises HTTPError for a status that is none of success, URLError and OSError when nobody answers, ValueError for an
    address of another scheme and for an answer of more than `LARGEST` bytes.
    """
    if urlsplit(request.full_url).scheme not in SCHEMES:
        raise ValueError("only http and https are asked")
    try:
        with opener().open(request, timeout=seconds) as answer:
            content = answer.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise ValueError(f"the answer has more than {LARGEST} bytes")
            return answer.headers, content
    except HTTPException as error:
        raise ConnectionError(f"the answer is not HTTP: {type(error).__name__}") from error


def ask_json(request: Request, seconds: float) -> Json:
    """Return an answer's JSON. Raises as `ask` does, and ValueError when it is none."""
    content = ask(request, seconds)[1]
    try:
        return cast(Json, json.loads(content))
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply") from error
