"""Which location fills which units: pure, deterministic, standard library alone.

Without rules, by priority (plan.py). With rules: reading.py makes them from settings, candidates.py asks who
may, choose.py finds the best for one order, decide.py goes through the rules and says why. Many orders at
once are oms_ops.assignment's, claiming the units is rules/placing.py's.
"""

from oms_ops.routing.plan import Available, Plan, demand, route

__all__ = ["Available", "Plan", "demand", "route"]
