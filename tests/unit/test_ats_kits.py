"""Kits: taken apart to what they consist of, and baskets whose kits share a component."""

import pytest

from oms_ops.ats import Terms, ats_of_kit
from oms_ops.errors import InvalidCommand
from oms_ops.kit_ats import base_components, kits_using, shortages

KITS = {"SET": {"CUP": 4, "POT": 1}, "HAMPER": {"SET": 1, "CUP": 2, "TEA": 3}}


def test_a_kit_of_kits_is_its_base_components_summed():
    assert base_components(KITS) == {
        "SET": {"CUP": 4, "POT": 1},
        "HAMPER": {"CUP": 6, "POT": 1, "TEA": 3},
    }
    assert kits_using(base_components(KITS))["CUP"] == {"SET", "HAMPER"}


def test_a_kit_that_contains_itself_is_refused_with_its_path():
    with pytest.raises(InvalidCommand, match="A contains itself: A in B in A"):
        base_components({"A": {"B": 1}, "B": {"A": 2}})


def test_a_component_of_none_is_refused():
    with pytest.raises(InvalidCommand, match="kit A has 0 of B"):
        base_components({"A": {"B": 0}})


def test_two_kits_that_share_a_component_may_each_be_sold_but_not_both():
    ats = {"CUP": 10, "POT": 5, "TEA": 9}
    assert shortages([("SET", 1)], ats, kits=KITS) == {}
    assert shortages([("HAMPER", 1)], ats, kits=KITS) == {}
    assert shortages([("SET", 1), ("HAMPER", 1)], ats, kits=KITS) == {}
    assert shortages([("SET", 1), ("HAMPER", 1), ("CUP", 1)], ats, kits=KITS) == {"CUP": (11, 10)}
    assert shortages([("LID", 1)], ats, kits=KITS) == {"LID": (1, 0)}


def test_a_kits_own_terms_bear_on_what_its_components_yield():
    components = {"CUP": (25, 4), "POT": (9, 1)}
    assert ats_of_kit(components, Terms({}, {})).value == 6
    held_back = ats_of_kit(components, Terms({}, {}, threshold=1, share=0.5, max_quantity=9))
    assert (held_back.value, held_back.pool) == (2, 5)
    assert held_back.explanation == (
        "kits of (25 CUP by 4, 9 POT by 1) - 0 unrouted - 1 threshold = 5; x 0.5, at most 9 = 2"
    )
    assert ats_of_kit(components, Terms({}, {}, is_listed=False)).value == 0
