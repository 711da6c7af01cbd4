"""HTTP by the standard library: http and https alone, whatever an answer says, and no token for another host."""

from http.client import HTTPMessage
from typing import IO
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

SCHEMES = ("http", "https")


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


def opener() -> OpenerDirector:
    """Return what opens addresses, through the proxy that the environment names."""
    made = OpenerDirector()
    for handler in (
        *(ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler()),
        *(_Redirects(), HTTPErrorProcessor()),
    ):
        made.add_handler(handler)
    return made
