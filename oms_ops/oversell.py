"""How large a buffer keeps overselling within a stated budget, given how long a channel lags behind.

Pure. While a published value travels, units are sold that the channel does not know of yet. With D the units
sold during the lag, a buffer of b units lets at most max(0, D - b) of them be sold twice: that many if the
shelf is down to its buffer when the lag begins, fewer otherwise. So E[max(0, D - b)] is an upper bound.
D is Poisson, or negative binomial where days vary more than a Poisson's would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt

SHARE, PER_DAY, PROBABILITY = MEASURES = ("share", "per_day", "probability")
DAY_SECONDS = 86_400.0
_WORDS = {
    SHARE: "of the units sold",
    PER_DAY: "units oversold a day",
    PROBABILITY: "chance of an oversold unit in a lag",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """Units sold a day, and how the days vary: `variance` of the daily units."""

    per_day: float
    variance: float

    @property
    def dispersion(self) -> float:
        """Variance by mean; 1 for a Poisson. Less than 1 is taken for 1."""
        return max(1.0, self.variance / self.per_day) if self.per_day > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Buffer:
    """`expected_oversold`: units a lag with this buffer; `risk`: what of the budget that is."""

    units: int
    expected_oversold: float
    risk: float
    explanation: str


def buffer_for(budget: float, *, measure: str, lag_seconds: float, demand: Demand) -> Buffer:
    """The smallest buffer whose risk is within `budget`.

    `measure` share: E[max(0, D - b)] / E[D]; per_day: E[max(0, D - b)] per lag, times lags in a day;
    probability: P(D > b).
    """
    mean = demand.per_day * lag_seconds / DAY_SECONDS
    lags_a_day = DAY_SECONDS / lag_seconds if lag_seconds > 0 else inf
    for units, (excess, above) in enumerate(_tails(mean, demand.dispersion)):
        risk = _risk(measure, excess=excess, above=above, mean=mean, lags_a_day=lags_a_day)
        if risk <= budget:
            words = _explained(budget, measure, lag_seconds, demand, mean)
            return Buffer(units, excess, risk, f"{words}: {units} units, {risk:.4g} expected")
    raise AssertionError("the tail of a distribution ends")


def _risk(measure: str, *, excess: float, above: float, mean: float, lags_a_day: float) -> float:
    if mean <= 0:
        return 0.0
    return {SHARE: excess / mean, PER_DAY: excess * lags_a_day, PROBABILITY: above}[measure]


def _tails(mean: float, dispersion: float) -> Iterator[tuple[float, float]]:
    """(E[max(0, D - b)], P(D > b)) for b = 0, 1, 2 ...; ends at (0, 0), far beyond any plausible demand."""
    excess, at_most = mean, 0.0
    beyond = mean + 40 * sqrt(mean * dispersion) + 40 * dispersion
    for units in range(int(beyond) + 1):
        at_most += _mass(units, mean=mean, dispersion=dispersion)
        above = max(0.0, 1.0 - at_most)
        yield max(0.0, excess), above
        excess -= above
    yield 0.0, 0.0


def _mass(units: int, *, mean: float, dispersion: float) -> float:
    """P(D = units), of logarithms: exp(-mean) alone is zero from a mean of 746 on."""
    if mean <= 0:
        return 1.0 if units == 0 else 0.0
    if dispersion <= 1.0 + 1e-9:
        return exp(units * log(mean) - mean - lgamma(units + 1))
    size = mean / (dispersion - 1.0)
    ways = lgamma(units + size) - lgamma(size) - lgamma(units + 1)
    return exp(ways - size * log(dispersion) + units * log(1.0 - 1.0 / dispersion))


def _explained(budget: float, measure: str, lag_seconds: float, demand: Demand, mean: float) -> str:
    law = "Poisson" if demand.dispersion <= 1.0 + 1e-9 else f"negative binomial x{demand.dispersion:.3g}"
    return (
        f"at most {budget:g} {_WORDS[measure]}, lag p95 {lag_seconds:.4g} s, "
        f"{demand.per_day:.4g} sold a day, {mean:.4g} in a lag, {law}"
    )
