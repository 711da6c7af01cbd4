"""Ask the Hugging Face hub about a model or a diffusion pipeline: its commit, licence and configuration.

A few GET requests of the standard library, so that the compiler needs no hub client; the emitted project, which
downloads weights, uses `huggingface_hub`.
"""

import os
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import quote

from trainerspec.catalog.model import Card
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.declared import WeightSource
from trainerspec.ir.json import Json
from trainerspec.language.addresses import hub_fault
from trainerspec.workspace.web import ask_json

ENDPOINT = "https://huggingface.co"
COMMIT = re.compile(r"[0-9a-f]{40}")
SECONDS = 10.0
NOT_ASKED = "NOASSERTION"
"""The SPDX word for a licence that nobody looked up."""
NOT_STATED = "NONE"
SPDX = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause"} | {
    "cc-by-4.0": "CC-BY-4.0",
    "cc0-1.0": "CC0-1.0",
    "isc": "ISC",
    "unlicense": "Unlicense",
}
"""The hub's spelling to SPDX's; other names stay as the hub writes them."""
PIPELINE = "model_index.json"
"""The file that makes a repository a pipeline of several models."""
FACTS = {
    "max_positions": ("max_position_embeddings",),
    "width": ("hidden_size", "dim"),
    "inner": ("intermediate_size", "hidden_dim"),
    "layers": ("num_hidden_layers", "n_layers"),
    "vocabulary": ("vocab_size",),
    "patch": ("patch_size",),
}
"""Card fact to the keys of the model's config.json; DistilBERT has names of its own."""


@dataclass(frozen=True, kw_only=True)
class HuggingFace:
    """The hub at `endpoint`; `token` opens private models."""

    endpoint: str = ENDPOINT
    token: str = ""
    offline: bool = False

    def card(self, name: str, revision: str) -> Outcome[Card]:
        """Describe `name` at its commit.

        Without network a full commit is taken as it is, with a warning; anything else is TS506.
        """
        if why := hub_fault(name, revision):
            return Outcome(diagnostics=(Diagnostic(code="TS506", message=why, hint="write `hub:org/name@revision`"),))
        try:
            if self.offline:
                raise urllib.error.URLError("offline")
            about = cast(dict[str, Any], self._get(f"api/models/{name}/revision/{quote(revision or 'main', safe='')}"))
            commit = str(about["sha"])
            if not COMMIT.fullmatch(commit):
                raise ValueError("the hub answers with something else than a commit")
            facts = self._facts(about, f"{name}/raw/{commit}")
        except urllib.error.HTTPError as error:
            return self._refused(name, revision, error.code)
        except (OSError, HTTPException, ValueError, KeyError) as error:
            return self._silent(name, revision, error)
        return Outcome(value=_card(name, commit, _licence(about), facts))

    def _facts(self, about: dict[str, Any], place: str) -> dict[str, Json]:
        """Read what SOPs compare: from config.json, or of a pipeline from its painter's and its autoencoder's."""
        if PIPELINE in {one.get("rfilename") for one in about.get("siblings", [])}:
            painter = cast(dict[str, Any], self._get(f"{place}/unet/config.json"))
            coder = cast(dict[str, Any], self._get(f"{place}/vae/config.json"))
            return {"picture": int(painter["sample_size"]) * 2 ** (len(coder["block_out_channels"]) - 1)}
        config = cast(dict[str, Any], self._get(f"{place}/config.json"))
        facts: dict[str, Json] = {
            fact: config[key] for fact, keys in FACTS.items() for key in keys if isinstance(config.get(key), int)
        }
        weights = cast(dict[str, Json], about.get("safetensors") or {})
        if "total" in weights:
            facts |= {"parameters": weights["total"], "size": 4 * int(str(weights["total"]))}
        return facts

    def _get(self, path: str) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(f"{self.endpoint.rstrip('/')}/{path}", headers=headers)
        return ask_json(request, SECONDS)

    def _refused(self, name: str, revision: str, status: int) -> Outcome[Card]:
        what = f"`{name}`" + (f" at `{revision}`" if revision else "")
        message = f"the hub has no model {what}, or no access to it (HTTP {status})"
        return Outcome(diagnostics=(Diagnostic(code="TS506", message=message, hint="check the name; set HF_TOKEN"),))

    def _silent(self, name: str, revision: str, error: Exception) -> Outcome[Card]:
        reason = str(getattr(error, "reason", error))
        if COMMIT.fullmatch(revision):
            message = f"the hub cannot be asked about `{name}` ({reason}): its licence and limits are not checked"
            warning = Diagnostic(code="TS508", message=message, severity="warning")
            return Outcome(value=_card(name, revision, NOT_ASKED, {}), diagnostics=(warning,))
        message = f"the hub cannot be asked for the commit of `{name}` ({reason})"
        hint = f"write the commit: `hub:{name}@<40 hexadecimal digits>`"
        return Outcome(diagnostics=(Diagnostic(code="TS506", message=message, hint=hint),))


def from_environment() -> HuggingFace:
    """Read HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE, as `huggingface_hub` does."""
    return HuggingFace(
        endpoint=os.environ.get("HF_ENDPOINT") or ENDPOINT,
        token=os.environ.get("HF_TOKEN", ""),
        offline=os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"),
    )


def _licence(about: dict[str, Any]) -> str:
    stated = (about.get("cardData") or {}).get("license")
    if not isinstance(stated, str):
        tags = [tag.removeprefix("license:") for tag in about.get("tags", []) if tag.startswith("license:")]
        stated = tags[0] if tags else NOT_STATED
    return SPDX.get(stated.lower(), stated)


def _card(name: str, commit: str, licence: str, facts: dict[str, Json]) -> Card:
    return Card(
        id=f"hub:{name}@{commit}",
        title=name,
        sources=(WeightSource(kind="hub", name=name, revision=commit, path=""),),
        licence=licence,
        facts={"pretrained": True, **facts},
        files={},
    )
