"""Where OPENAI_API_KEY may go: to hosts that the user's own environment names, whatever address a spec names."""

import os
from urllib.parse import urlsplit

DEFAULT = "https://api.openai.com"
"""Whose key it is where the environment names no other address."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts to which it may go without TLS."""
HOSTS = "TRAINERSPEC_KEY_HOSTS"
"""Other hosts that may have it, `name` or `name:port`, separated by commas."""
PORTS = {"https": 443, "http": 80}


def allowed(address: str) -> str:
    """Return the key for an address; empty where there is none, or where it may not go."""
    given = os.environ.get("OPENAI_API_KEY", "")
    return given if given and not refused(address) else ""


def withheld(address: str) -> str:
    """Return why an address does not get the key that is there, and what to do; empty where it gets it."""
    return refused(address) if os.environ.get("OPENAI_API_KEY") else ""


def refused(address: str) -> str:
    """Return why the key may not go to an address; empty where it may."""
    scheme, host, port = place(address)
    if scheme != "https" and host not in LOOPBACK:
        return "OPENAI_API_KEY is not sent without TLS: use a plain https address"
    named = [DEFAULT, os.environ.get("OPENAI_BASE_URL") or DEFAULT]
    named += [f"https://{one.strip()}" for one in os.environ.get(HOSTS, "").split(",")]
    if not host or (host, port) not in [place(one)[1:] for one in named]:
        return f"OPENAI_API_KEY is not sent there: set {HOSTS}={host}:{port}, or OPENAI_BASE_URL, to allow that"
    return ""


def place(address: str) -> tuple[str, str, int]:
    """Return an address's scheme, host and port; all empty where it is none, or names a user.

    >>> place("https://API.openai.com/v1"), place("http://127.0.0.1:8000")
    (('https', 'api.openai.com', 443), ('http', '127.0.0.1', 8000))
    >>> place("https://api.openai.com@evil.example/v1"), place("http://[::1"), place("http://a:99999")
    (('', '', 0), ('', '', 0), ('', '', 0))
    """
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", "", 0
    if not port or not parts.hostname or "@" in parts.netloc or "\\" in parts.netloc:
        return "", "", 0
    return parts.scheme, parts.hostname, port
