"""Figures of alerts for Prometheus, counted when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from incidents.alerts.balance import balance


class AlertsCollector(Collector):
    """Counts in the database, so that every process tells the same."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not need a database."""
        return []

    def collect(self) -> Iterable[Metric]:
        counted = balance()
        yield GaugeMetricFamily(
            "hub_fan_outs_waiting",
            "Events that are not yet owed to anybody",
            value=counted.fan_outs_waiting,
        )
        yield GaugeMetricFamily(
            "hub_alerts_emitted",
            "Recipients of all events; equals the sum of hub_alerts",
            value=counted.emitted,
        )
        alerts = GaugeMetricFamily("hub_alerts", "Deliveries by their state", labels=["state"])
        for state, number in counted.states.items():
            alerts.add_metric([state], number)
        yield alerts
