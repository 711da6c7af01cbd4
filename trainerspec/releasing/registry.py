"""Ask an image registry which digest a tag has (OCI distribution: HEAD /v2/<name>/manifests/<tag>)."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import replace

from trainerspec.ir.target import Image

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


class Unknown(Exception):
    """The registry did not tell a digest; the text says why."""


def pinned(image: Image) -> Image:
    """Return an image with the digest of its tag. Raises Unknown."""
    if image.digest:
        return image
    host, _, path = image.name.partition("/")
    scheme = "http" if host.partition(":")[0] in ("localhost", "127.0.0.1") else "https"
    url = f"{scheme}://{host}/v2/{path}/manifests/{image.tag}"
    try:
        try:
            headers = head(url, {})
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            headers = head(url, {"Authorization": f"Bearer {anonymous(error.headers.get('WWW-Authenticate', ''))}"})
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
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return {name.lower(): value for name, value in answer.headers.items()}


def anonymous(challenge: str) -> str:
    """Fetch the token that a registry gives to anybody who may read. Raises ValueError when it asks for more."""
    asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not challenge.lower().startswith("bearer") or "realm" not in asked:
        raise ValueError("the registry wants a login")
    query = urllib.parse.urlencode({key: asked[key] for key in ("service", "scope") if key in asked})
    with urllib.request.urlopen(f"{asked['realm']}?{query}", timeout=PATIENCE) as answer:
        told = json.load(answer)
    return str(told.get("token") or told["access_token"])
