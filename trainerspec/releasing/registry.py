"""Ask an image registry which digest a tag has (OCI distribution: HEAD /v2/<name>/manifests/<tag>)."""

import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import replace

from trainerspec.ir.target import Image
from trainerspec.workspace.web import ask, ask_json

ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    )
)
PATIENCE = 10.0
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
LOOPBACK = ("localhost", "127.0.0.1")
TOKEN_HOSTS = {
    "docker.io": "auth.docker.io",
    "index.docker.io": "auth.docker.io",
    "registry-1.docker.io": "auth.docker.io",
    "registry.gitlab.com": "gitlab.com",
}
"""Registries whose tokens come from another host; TRAINERSPEC_TOKEN_HOSTS lists more, separated by commas."""


class Unknown(Exception):
    """The registry did not tell a digest; the text says why."""


def pinned(image: Image) -> Image:
    """Return an image with the digest of its tag. Raises Unknown."""
    if image.digest:
        return image
    host, _, path = image.name.partition("/")
    scheme = "http" if host.partition(":")[0] in LOOPBACK else "https"
    url = f"{scheme}://{host}/v2/{path}/manifests/{image.tag}"
    try:
        try:
            headers = head(url, {})
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            headers = head(
                url, {"Authorization": f"Bearer {anonymous(error.headers.get('WWW-Authenticate', ''), host)}"}
            )
    except urllib.error.HTTPError as error:
        raise Unknown(
            f"{host} has no {path}:{image.tag}" if error.code == 404 else f"{host} says {error.code}"
        ) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
        raise Unknown(f"{host} does not answer") from error
    digest = headers.get("docker-content-digest", "")
    if not DIGEST.fullmatch(digest):
        raise Unknown(f"{host} tells no digest")
    return replace(image, digest=digest)


def head(url: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers of an answer, with names in lower case."""
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": ACCEPT, **headers})
    return {name.lower(): value for name, value in ask(request, PATIENCE)[0].items()}


def anonymous(challenge: str, host: str) -> str:
    """Fetch the token that a registry gives to anybody who may read. Raises ValueError when it asks for more."""
    asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not challenge.lower().startswith("bearer") or "realm" not in asked:
        raise ValueError("the registry wants a login")
    realm = urllib.parse.urlsplit(asked["realm"])
    if not trusted(realm, host):
        raise ValueError("the registry sends to another host for its token")
    query = urllib.parse.urlencode({key: asked[key] for key in ("service", "scope") if key in asked})
    told = ask_json(urllib.request.Request(f"{asked['realm']}?{query}"), PATIENCE)
    if not isinstance(told, Mapping):
        raise ValueError("the registry gives no token")
    token = str(told.get("token") or told.get("access_token") or "")
    if not TOKEN.fullmatch(token):
        raise ValueError("the registry gives no token")
    return token


def trusted(realm: urllib.parse.SplitResult, host: str) -> bool:
    """Tell whether a token may be fetched there for a registry: from its own host, or one that is listed for it.

    >>> trusted(urllib.parse.urlsplit("https://auth.docker.io/token"), "registry-1.docker.io")
    True
    >>> trusted(urllib.parse.urlsplit("file:///etc/passwd"), "registry.example.com")
    False
    """
    name, registry = realm.hostname or "", urllib.parse.urlsplit(f"//{host}").hostname or ""
    if realm.username is not None or realm.query or realm.fragment:
        return False
    if realm.scheme == "http":
        return name == registry and registry in LOOPBACK
    listed = {TOKEN_HOSTS.get(registry, registry), *os.environ.get("TRAINERSPEC_TOKEN_HOSTS", "").split(",")} - {""}
    return realm.scheme == "https" and name in {registry, *listed}
