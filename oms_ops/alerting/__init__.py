"""Restock alerts: when one is raised (episodes), what the book keeps (sync), what it says (notices), who
hears it (delivery, outbox and the sinks).

Nothing here forecasts or decides how much to order; models/alerts.py makes the candidates.
"""

from oms_ops.alerting.delivery import DeliveryReport, SinkReport, deliver, retry_failed

__all__ = ["DeliveryReport", "SinkReport", "deliver", "retry_failed"]
