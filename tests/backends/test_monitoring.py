"""The alert rules: what the Prometheus operator's schema allows, and metrics that the server has."""

import re
from pathlib import Path
from typing import Any

import jsonschema

from trainerspec import assets
from trainerspec.backends.kserve import Deployment, manifests
from trainerspec.language.yaml import load

DURATION = {
    "type": "string",
    "pattern": r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$",
}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
RULE = {
    "type": "object",
    "required": ["alert", "expr"],
    "additionalProperties": False,
    "properties": {
        "alert": {"type": "string", "pattern": "^[A-Za-z]+$"},
        "expr": {"type": "string"},
        "for": DURATION,
        "labels": TEXTS,
        "annotations": TEXTS,
    },
}
"""What the CRD of monitoring.coreos.com/v1 says of an alert, and no field that it does not know."""
SERVER = assets.folder("templates") / "_shared" / "project" / "pipeline" / "server"
MADE = manifests(Deployment(name="tiny", version="0.1.0", engine="onnx", threads=1, instances=1, memory=1024))


def test_alert_rules_are_what_the_operator_takes() -> None:
    rule: Any = load(MADE["deploy/optional/monitoring/prometheusrule.yaml"])
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    (group,) = rule["spec"]["groups"]
    assert set(group) == {"name", "rules"}
    for one in group["rules"]:
        jsonschema.validate(one, RULE)
    assert {one["alert"] for one in group["rules"]} == {"ModelDrift", "ModelFails", "ModelIsSilent", "PackageRefused"}


def test_alert_rules_ask_for_metrics_that_the_server_has() -> None:
    code = "".join(path.read_text() for path in Path(SERVER).rglob("*.py"))
    text = MADE["deploy/optional/monitoring/prometheusrule.yaml"].decode()
    for metric in set(re.findall(r"serve_\w+", text)):
        assert f'"{re.sub("_(total|info)$", "", metric)}"' in code, metric
