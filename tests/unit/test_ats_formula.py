"""ATS: the two published examples, the clamps, and an explanation that adds up."""

import pytest

from oms_ops.ats import Terms, ats, kit_ats

FOUR_STORES = {"S1": 25, "S2": 25, "S3": 25, "S4": 25}


def test_a_hundred_in_four_stores_with_buffers_threshold_and_fifty_unrouted_is_twenty():
    found = ats(Terms(FOUR_STORES, dict.fromkeys(FOUR_STORES, 5), unrouted_units=50, threshold=10))
    assert found.value == 20


def test_a_hundred_in_four_stores_with_small_buffers_and_threshold_is_eighty_seven():
    found = ats(Terms(FOUR_STORES, dict.fromkeys(FOUR_STORES, 2), threshold=5))
    assert found.value == 87


def test_one_oversold_location_does_not_hide_stock_elsewhere():
    found = ats(Terms({"S1": -30, "S2": 12}, {}))
    assert (found.value, found.free_by_location) == (12, {"S1": 0, "S2": 12})


def test_more_waiting_than_there_is_leaves_nothing_to_sell_and_says_so():
    found = ats(Terms({"S1": 3}, {}, unrouted_units=8))
    assert (found.value, found.pool) == (0, -5)


@pytest.mark.parametrize(
    ("pool", "share", "cap", "value"),
    [
        (10, 0.9, None, 9),
        (10, 0.7, None, 7),
        (11, 0.5, None, 5),
        (10, 1.0, 4, 4),
        (10, 0.0, None, 0),
        (3, 1.0, 0, 0),
    ],
)
def test_share_is_taken_of_the_pool_and_rounded_down_then_capped(pool, share, cap, value):
    assert ats(Terms({"S1": pool}, {}, share=share, max_quantity=cap)).value == value


def test_the_explanation_names_each_term():
    found = ats(
        Terms({"S1": 8, "S2": 5}, {"S1": 1}, unrouted_units=2, threshold=1, share=0.5, max_quantity=9)
    )
    assert found.explanation == "7 at S1 + 5 at S2 - 2 unrouted - 1 threshold = 9; x 0.5, at most 9 = 4"


def test_a_kit_sells_as_often_as_its_scarcest_component():
    assert kit_ats({"CUP": 9, "SAUCER": 4}, quantity_per_kit={"CUP": 2, "SAUCER": 1}) == 4
    assert kit_ats({"CUP": 9}, quantity_per_kit={"CUP": 2, "SAUCER": 1}) == 0
