"""The list of forecasts to review, asked of rows small enough to add up by hand."""

from __future__ import annotations

import pytest

from tests.support.release_rows import ahead
from warehouse import queries


def reviewed(sku: str, *, wape: float, units: float, price: float) -> list[tuple]:
    return [
        ("product", {"sku": sku, "title": sku, "mean_price": price, "abc_class": "A"}),
        *ahead(sku, 10),
        (
            "forecast_accuracy",
            {"sku": sku, "model_name": "m", "is_champion": True, "wape": wape, "actual_units": units},
        ),
        ("forecast_accuracy", {"sku": sku, "model_name": "other", "wape": 9.0, "actual_units": units}),
    ]


def test_the_costliest_error_is_not_the_worst_percentage(release_of):
    con = release_of(*reviewed("X", wape=2.0, units=5, price=1), *reviewed("Y", wape=0.5, units=100, price=2))
    found = queries.forecast_review(con)
    assert found.select("sku", "error_value").rows() == [("Y", 100.0), ("X", 10.0)]
    assert queries.forecast_review(con, sort="wape")["sku"].to_list() == ["X", "Y"]
    with pytest.raises(queries.QueryError, match="known: error, value, change, lost, wape, bias"):
        queries.forecast_review(con, sort="sku")
