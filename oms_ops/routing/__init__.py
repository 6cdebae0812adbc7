"""Which location fills which units: pure, deterministic, standard library alone.

Claiming the units is rules/placing.py's.
"""

from oms_ops.routing.plan import Available, Plan, demand, route

__all__ = ["Available", "Plan", "demand", "route"]
