"""The page at `/`, on which people try the model."""

import base64
import hashlib
import json
import re
from html import escape
from pathlib import Path

from starlette.responses import Response

from pipeline.server.bundle import Bundle, examples
from pipeline.server.predictor import Predictor


class Page:
    """The page at `/`: page.html with the contract and a few examples of the package that is served put in.

    Where a token is needed they are at `/contract.json`, which the page asks for with it.
    """

    def __init__(self, model: Predictor, *, token: bool) -> None:
        self.model, self.token = model, token
        self.shown: Bundle | None = None

    def response(self) -> Response:
        """Return the page; it is made anew for a new package."""
        if self.shown is not self.model.bundle:
            self.shown = self.model.bundle
            self.made = self.make(self.shown)
        return self.made

    def about(self, bundle: Bundle) -> dict[str, object]:
        """Return what the page shows: the contract, and a few examples."""
        return {
            "name": bundle.name,
            "task": bundle.settings.value("task"),
            "version": bundle.settings.value("version"),
            "verdict": bundle.verdict,
            "labels": bundle.settings.value("labels"),
            "maxBatch": bundle.max_batch,
            "raw": [vars(port) for port in bundle.contract.raw],
            "answer": [vars(port) for port in bundle.contract.answer],
            "examples": examples(bundle.folder, bundle.contract),
        }

    def make(self, bundle: Bundle) -> Response:
        """Write the page, empty where a token is needed first, and a policy under which it may load nothing else."""
        shown = {"token": True} if self.token else self.about(bundle)
        text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
        data = json.dumps(shown, ensure_ascii=False).replace("<", "\\u003c")
        html = text.replace("{{contract}}", data).replace("{{title}}", "" if self.token else escape(bundle.name))
        script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256((script[1] if script else "").encode()).digest()).decode()
        policy = (
            f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {"content-security-policy": policy, "referrer-policy": "no-referrer"}
        return Response(html, media_type="text/html", headers=headers)
