"""Addresses in files: what may be a model's name on the hub, and credentials that have no place in a file."""

import re
from urllib.parse import parse_qsl, urlsplit

HUB_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}")
HUB_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,127}")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_SECRET_KEYS = re.compile(
    r"(?i).*(passw(or)?d|pwd|secret|token|signature|api[_-]?key|access[_-]?key|credential).*|sig|key"
)
_SECRET_WORDS = re.compile(r"(?i)(?<![\w-])(?:password|passwd|pwd|aws_secret_access_key|secret_key)\s*[=:]\s*[^\s;,]+")
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}|hf_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{32,}|gh[pousr]_[A-Za-z0-9]{36}"
    r"|github_pat_\w{22,}|glpat-[\w-]{20}|xox[abeprs]-[\w-]{20,}|AIza[\w-]{35})(?![A-Za-z0-9])"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""Keys by the forms that their issuers give them: AWS, Hugging Face, OpenAI, GitHub, GitLab, Slack, Google, PEM."""


def hub_fault(name: str, revision: str) -> str:
    """Say why this is no model's name or revision on the hub; empty when it may be asked for.

    >>> hub_fault("org/name", "main"), hub_fault("../x", "main")
    ('', '`../x` is not a name of a model on the hub')
    """
    if not HUB_NAME.fullmatch(name) or ".." in name or "--" in name or name.endswith((".git", "-", ".")):
        return f"`{name}` is not a name of a model on the hub"
    if revision and (not HUB_REVISION.fullmatch(revision) or ".." in revision or "//" in revision):
        return f"`{revision}` is not a revision: write a commit, a branch or a tag"
    return ""


def credentials(text: str, *, prose: bool = False) -> str:
    """Say which credentials a text holds, without telling them; empty when it holds none.

    In `prose` only an address with a password counts, and what has the form of a key.

    >>> credentials("postgresql://ann:pw@db/news"), credentials("https://example.com/a.csv?version=2")
    ('a name or password before `@`', '')
    >>> credentials("s3://bucket/a.csv?X-Amz-Signature=ab12"), credentials("host=db password=pw")
    ('`X-Amz-Signature` in the query', 'a password')
    >>> credentials("https://example.com/v1?api_key=ab12", prose=True)
    '`api_key` in the query'
    """
    if _KEY.search(text):
        return "an access key"
    prose = prose and not _ADDRESS.fullmatch(text.strip())
    for address in _ADDRESS.findall(text):
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        if "@" in parts.netloc and (not prose or ":" in parts.netloc.partition("@")[0]):
            return "a name or password before `@`"
        if prose:
            continue
        for key, value in parse_qsl(parts.query):
            if value and _SECRET_KEYS.fullmatch(key):
                return f"`{key}` in the query"
    if prose:
        return ""
    return "a password" if _SECRET_WORDS.search(text) else ""
