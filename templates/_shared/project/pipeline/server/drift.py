"""What Prometheus reads of the counts: `serve_watched_rows_total`, and `serve_drift` of the last window."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pipeline.watching.counting import Counting


class Drift(Collector):
    """Shows the counts of the package that is served. Bins have numbers, for a value may be nobody's business."""

    def __init__(self) -> None:
        self.model = ""
        self.counting: Counting | None = None

    def show(self, model: str, counting: Counting | None) -> None:
        """Take the counts of another package; none where it has no profile."""
        self.model, self.counting = model, counting

    def describe(self) -> list[Metric]:
        """Return nothing: what there is follows from the package."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return the counts by bin, and by signal how far the last window is from the reference."""
        counting = self.counting
        if counting is None:
            return
        rows = CounterMetricFamily(
            "serve_watched_rows", "Rows by signal and bin of profile.json", labels=["model", "signal", "bin"]
        )
        drift = GaugeMetricFamily(
            "serve_drift",
            "Drift of the last 5,000 to 10,000 rows; above 1 it is beyond chance and matters",
            labels=["model", "signal"],
        )
        moved = GaugeMetricFamily(
            "serve_drift_moved", "Share of those rows in another bin than in the reference", labels=["model", "signal"]
        )
        for one in counting.profile.signals:
            for place, count in enumerate(counting.total[one.name]):
                rows.add_metric([self.model, one.name, str(place)], count)
        for found in counting.drift():
            if found.drift is not None:
                drift.add_metric([self.model, found.reference.name], round(found.drift, 4))
                most = max(one.moved for one in (found.bins, found.missing) if one is not None)
                moved.add_metric([self.model, found.reference.name], round(most, 4))
        yield from (rows, drift, moved)


DRIFT = Drift()
REGISTRY.register(DRIFT)
