"""deploy/optional/monitoring/: what the Prometheus operator reads; a cluster without it has not these kinds."""

from trainerspec.backends.kserve.deployment import HTTP, Deployment, metadata
from trainerspec.ir.json import Json, JsonObject

FAILED = "5..|INTERNAL|UNKNOWN|UNAVAILABLE"
"""What the counter of requests calls those that the server could not answer, over HTTP and gRPC."""
MOST_FAILED = 0.05
"""Share of the requests."""


def pod_monitor(deployment: Deployment) -> JsonObject:
    """Return what makes Prometheus read the transformer's metrics, of each pod."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": metadata(f"{deployment.name}-serving"),
        "spec": {
            "selector": {"matchLabels": {"serving.kserve.io/inferenceservice": deployment.name}},
            "podMetricsEndpoints": [{"portNumber": HTTP, "path": "/metrics", "interval": "30s"}],
        },
    }


def prometheus_rule(deployment: Deployment) -> JsonObject:
    """Return the alerts: the model drifts, it fails, nobody answers, or a new package was refused."""
    name = deployment.name
    own = f'pod=~"{name}-predictor-.*"'
    failed, all_ = (f"sum(rate(serve_requests_total{{{own}{more}}}[10m]))" for more in (f',status=~"{FAILED}"', ""))
    rules = [
        alert(
            "ModelDrift",
            f'max by (model, signal) (serve_drift{{model="{name}"}}) > 1',
            "1h",
            "{{ $labels.signal }} of {{ $labels.model }} is not as it was when the model was judged",
            "`trainerspec monitor PACKAGE --metrics URL` draws it beside the reference.",
        ),
        alert(
            "ModelFails",
            f"{failed} / {all_} > {MOST_FAILED}",
            "10m",
            f"{name} cannot answer more than {MOST_FAILED:.0%} of its requests",
            "Look at the log: an error inside is its type and the places it went through.",
        ),
        alert(
            "ModelIsSilent",
            f'absent(serve_package_info{{name="{name}"}})',
            "15m",
            f"no pod of {name} tells its metrics",
            "None is ready, or the NetworkPolicy or the PodMonitor does not let Prometheus read them.",
        ),
        alert(
            "PackageRefused",
            f'increase(serve_packages_opened_total{{{own},outcome="refused"}}[1h]) > 0',
            "0m",
            f"{name} refused a new package, and serves the old one",
            'The log has `"event": "refused"` with the reason.',
        ),
    ]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata(f"{name}-serving"),
        "spec": {"groups": [{"name": f"{name}.serving", "rules": [*rules]}]},
    }


def alert(name: str, expression: str, wait: str, summary: str, description: str) -> Json:
    """Return one rule."""
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": "warning"},
        "annotations": {"summary": summary, "description": description},
    }
