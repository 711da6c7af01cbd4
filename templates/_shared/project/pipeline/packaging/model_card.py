"""The model card of an ML-BOM: what goes in and comes out, what was measured, what it is held to."""

from collections.abc import Iterator, Mapping

from pipeline.base.params import Params


def model_card(settings: Params, measured: Mapping[str, float]) -> Mapping[str, object]:
    """Return CycloneDX's `modelCard`. Numbers are texts there, in SI units and shares of one."""
    ports = {
        f"{side}s": [{"format": f"{port['name']}: {port['datatype']} {port['shape']}"} for port in listed]
        for side, listed in (
            ("input", settings.mappings("contract.raw")),
            ("output", settings.mappings("contract.answer")),
        )
    }
    return {
        "modelParameters": {"task": settings.text("task"), "datasets": [{"ref": "data"}], **ports},
        "quantitativeAnalysis": {"performanceMetrics": list(metrics(settings, measured))},
    }


def metrics(settings: Params, measured: Mapping[str, float]) -> Iterator[Mapping[str, object]]:
    """Yield the metrics of the test split and of this device in the order of the task, the baselines' as slices."""
    baselines = sorted({name.split(".")[1] for name in measured if name.startswith("baseline.")})
    for name in settings.mapping("metrics"):
        if name in measured:
            low, high = measured.get(f"{name}.low"), measured.get(f"{name}.high")
            bounds = {"lowerBound": str(low), "upperBound": str(high)}
            interval = {} if low is None or high is None else {"confidenceInterval": bounds}
            yield {"type": name, "value": str(measured[name]), **interval}
        for baseline in baselines:
            if (value := measured.get(f"baseline.{baseline}.{name}")) is not None:
                yield {"type": name, "value": str(value), "slice": f"baseline: {baseline}"}


def properties(facts: Mapping[str, object]) -> list[Mapping[str, str]]:
    """Return facts as CycloneDX has them, under this project's name space."""
    return [{"name": f"trainerspec:{name}", "value": str(facts[name])} for name in sorted(facts)]
