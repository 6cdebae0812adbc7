"""Payments, refunds and what they leave: every number here can be added up by hand."""

from datetime import timedelta

import pytest

from oms_ops import bulk
from oms_ops.changes import AddLine
from oms_ops.errors import IllegalMove, InvalidCommand, RefundTooLarge
from oms_ops.invariants import verify
from oms_ops.service import NewLine
from oms_ops.store import open_book
from oms_ops.store.papers import PAPERS
from tests.support.order_book import NOON, Shop, Stream


@pytest.fixture
def order(shop):
    """Two cups at 5.00, a pot at 8.00, a discount of 1.80, shipping 4.00: 20.20 in all."""
    shop.receive("CUP", "LEICESTER", 9)
    shop.receive("POT", "LEICESTER", 9)
    return shop.place(
        "1",
        ("CUP", 2, "5"),
        ("POT", 1, "8"),
        ("SALE", 1, "-1.80", "adjustment"),
        ("POST", 1, "4", "shipping"),
    )


def payments(shop, order):
    return [
        (row["kind"], row["status"], str(row["amount"]), row["parent"])
        for row in shop.view(order)["payments"]
    ]


def money(shop, order):
    view = shop.view(order)
    return {name: str(view[name]) for name in ("captured", "refunded", "outstanding", "refundable")}


def refund(shop, order, refund_id, **how):
    return shop.orders.refund(order, refund_id=refund_id, **how, **shop.next())


def test_an_authorization_is_captured_in_parts_and_the_rest_voided(shop, order):
    shop.orders.authorize(order, amount="20.20", reference="A1", tender="card", **shop.next())
    shop.orders.capture(order, amount="5", reference="C1", **shop.next())
    shop.orders.capture(order, amount="3", authorization="A1", reference="C2", **shop.next())
    with pytest.raises(
        InvalidCommand, match=r"a capture on order shopify:1 .* up to 12.2, found 12.21; the "
    ):
        shop.orders.capture(order, amount="12.21", **shop.next())
    voided = shop.orders.void(order, **shop.next())
    assert str(voided["amount"]) == "12.2"
    assert payments(shop, order) == [
        ("authorization", "success", "20.2", None),
        ("capture", "success", "5", "A1"),
        ("capture", "success", "3", "A1"),
        ("void", "success", "12.2", "A1"),
    ]
    with pytest.raises(InvalidCommand, match="up to 0, found 1"):
        shop.orders.capture(order, amount="1", **shop.next())
    assert shop.view(order)["payment_status"] == "partially_paid"
    assert money(shop, order) == {
        "captured": "8", "refunded": "0", "outstanding": "12.2", "refundable": "8",
    }  # fmt: skip


def test_a_gift_card_and_a_card_pay_one_order_and_each_gets_its_own_back(shop, order):
    shop.orders.sale(order, amount="10", reference="G1", tender="gift_card", **shop.next())
    shop.orders.authorize(order, amount="10.20", reference="A1", tender="card", **shop.next())
    captured = shop.orders.capture(order, reference="C1", **shop.next())
    assert (captured["payment_status"], captured["outstanding"]) == ("paid", "0")
    shop.orders.refund_amount(order, refund_id="F1", amount="15.20", over="order", **shop.next())
    given = [row for row in shop.view(order)["payments"] if row["kind"] == "refund"]
    assert [(row["tender"], str(row["amount"]), row["parent"]) for row in given] == [
        ("card", "10.2", "C1"),
        ("gift_card", "5", "G1"),
    ]


def test_a_pending_sale_counts_until_it_fails_and_its_outcome_is_final(shop, order):
    shop.orders.sale(order, amount="20.20", reference="P1", status="pending", **shop.next())
    assert shop.view(order)["payment_status"] == "pending"
    with pytest.raises(InvalidCommand, match="a sale on order shopify:1 may be above 0 and up to 0"):
        shop.pay(order, 1)
    shop.orders.settle_payment(order, reference="P1", status="failure", message="declined: 51", **shop.next())
    assert shop.view(order)["payments"][0]["message"] == "declined: 51"
    with pytest.raises(
        IllegalMove, match="sale P1 of shopify:1 is failure and cannot become success: that is"
    ):
        shop.orders.settle_payment(order, reference="P1", status="success", **shop.next())
    with pytest.raises(InvalidCommand, match=r"no .*'P9'; it has P1 .sale, failure."):
        shop.orders.settle_payment(order, reference="P9", status="success", **shop.next())
    shop.orders.sale(order, amount="20.20", reference="P2", status="pending", **shop.next())
    shop.orders.settle_payment(order, reference="P2", status="success", **shop.next())
    assert shop.view(order)["payment_status"] == "paid"


def test_a_pending_authorization_cannot_be_captured_yet(shop, order):
    shop.orders.authorize(order, amount="20.20", reference="A1", status="pending", **shop.next())
    with pytest.raises(InvalidCommand, match="a capture on order shopify:1 may be above 0 and up to 0"):
        shop.orders.capture(order, amount=1, **shop.next())
    shop.orders.settle_payment(order, reference="A1", status="success", **shop.next())
    assert shop.orders.capture(order, **shop.next())["payment_status"] == "paid"


def test_a_transaction_of_the_same_name_and_another_currency_are_refused(shop, order):
    shop.orders.authorize(order, amount="5", reference="A1", **shop.next())
    with pytest.raises(
        InvalidCommand, match="authorization A1 of order shopify:1 already stands: 5, success"
    ):
        shop.orders.authorize(order, amount="5", reference="A1", **shop.next())
    with pytest.raises(InvalidCommand, match="is in GBP and can be paid and refunded in GBP only, found EUR"):
        shop.orders.sale(order, amount="5", currency="EUR", **shop.next())
    with pytest.raises(InvalidCommand, match="no authorization 'A7'; it has A1 .authorization, success."):
        shop.orders.capture(order, authorization="A7", **shop.next())


def test_an_authorization_that_ran_out_is_not_captured_and_expires_once(shop, order):
    soon, late = NOON + timedelta(hours=1), NOON + timedelta(days=7)
    shop.orders.authorize(order, amount="6", reference="A1", expires_at=late, **shop.next())
    shop.orders.authorize(order, amount="14.20", reference="A2", expires_at=soon, **shop.next())
    first = shop.orders.capture(order, amount="10", reference="C1", **shop.next())
    assert first["payment_status"] == "partially_paid"
    assert payments(shop, order)[-1] == ("capture", "success", "10", "A2")  # it runs out first
    with pytest.raises(InvalidCommand, match="up to 6, found 7"):
        shop.orders.capture(order, amount="7", at=soon, key="too late")
    assert shop.orders.expire_authorizations(soon) == {"orders": 1, "expired": {order: "4.2"}}
    assert shop.orders.expire_authorizations(soon) == {"orders": 0, "expired": {}}
    assert payments(shop, order)[-1] == ("expiration", "success", "4.2", "A2")
    assert shop.orders.expire_authorizations(late)["expired"] == {order: "6"}


def test_an_order_whose_only_authorization_ran_out_is_expired(shop, order):
    shop.orders.authorize(order, amount="20.20", expires_at=NOON + timedelta(hours=1), **shop.next())
    shop.orders.expire_authorizations(NOON + timedelta(hours=2))
    assert shop.view(order)["payment_status"] == "expired"


def test_a_line_bears_its_share_of_the_discount(shop, order):
    """1.80 over 10.00 and 8.00: 1.00 and 0.80. So the cups are worth 9.00, one of them 4.50, the pot 7.20."""
    shop.pay(order, "20.20")
    one = refund(shop, order, "F1", units={"a": 1})
    assert one["by_line"] == {"a": "4.5"}
    with pytest.raises(RefundTooLarge, match="line a .* up to 4.5, found 4.51"):
        refund(shop, order, "F2", amounts={"a": "4.51"})
    with pytest.raises(RefundTooLarge, match="line a .* has 1 of 2 units not refunded, found 2"):
        refund(shop, order, "F2", units={"a": 2})
    rest = refund(shop, order, "F2", units={"a": 1, "b": 1}, amounts={"d": 4})
    assert (rest["by_line"], rest["refunded"]) == ({"a": "4.5", "b": "7.2", "d": "4"}, "15.7")
    assert shop.view(order)["payment_status"] == "refunded"


def test_cents_that_do_not_divide_are_given_back_to_the_last_one(shop):
    """10.00 for three: 3.33, 3.33 and 3.34."""
    shop.receive("CUP", "LEICESTER", 3)
    order = shop.place("1", ("CUP", 3, "4"), ("SALE", 1, "-2", "adjustment"))
    shop.pay(order, 10)
    given = [refund(shop, order, f"F{n}", units={"a": 1})["refunded"] for n in range(3)]
    assert given == ["3.33", "3.33", "3.34"]


def test_an_amount_is_spread_over_lines_shipping_stands_alone(shop, order):
    """9.00 and 7.20 are left of the goods: 8.10 is 4.50 and 3.60."""
    shop.pay(order, "20.20")
    given = shop.orders.refund_amount(order, refund_id="F1", amount="8.10", **shop.next())
    assert given["by_line"] == {"a": "4.5", "b": "3.6"}
    with pytest.raises(RefundTooLarge, match="the lines of order shopify:1 .* up to 8.1, found 8.11"):
        shop.orders.refund_amount(order, refund_id="F2", amount="8.11", **shop.next())
    part = shop.orders.refund_shipping(order, refund_id="F2", amount="1.50", **shop.next())
    assert part["by_line"] == {"d": "1.5"}
    rest = shop.orders.refund_shipping(order, refund_id="F3", **shop.next())
    assert rest["by_line"] == {"d": "2.5"}
    with pytest.raises(RefundTooLarge, match="the shipping of order shopify:1 .* up to 0"):
        shop.orders.refund_shipping(order, refund_id="F4", amount="0.01", **shop.next())
    assert rest["refundable"] == "8.1"


def test_a_refund_id_is_given_once_and_the_same_key_answers_the_same(shop, order):
    shop.pay(order, "20.20")
    first = shop.orders.refund(order, refund_id="F1", amounts={"d": 1}, **(call := shop.next()))
    assert shop.orders.refund(order, refund_id="F1", amounts={"d": 1}, **call) == first
    with pytest.raises(
        InvalidCommand, match="refund F1 already stands, for order shopify:1; a new one needs"
    ):
        refund(shop, order, "F1", amounts={"d": 1})
    other = shop.place("2", ("CUP", 1, "5"))
    shop.pay(other, 5)
    with pytest.raises(InvalidCommand, match="refund F1 already stands, for order shopify:1"):
        refund(shop, other, "F1", amounts={"a": 1})
    assert money(shop, order)["refunded"] == "1"


def test_a_pending_refund_takes_up_what_it_gives_back_until_it_fails(shop, order):
    shop.pay(order, "20.20")
    refund(shop, order, "F1", units={"b": 1}, status="pending")
    assert money(shop, order) == {
        "captured": "20.2", "refunded": "0", "outstanding": "0", "refundable": "13",
    }  # fmt: skip
    assert shop.view(order)["payment_status"] == "paid"
    with pytest.raises(RefundTooLarge, match="line b .* has 0 of 1 units not refunded"):
        refund(shop, order, "F2", units={"b": 1})
    shop.orders.settle_payment(order, reference="F1", status="failure", **shop.next())
    assert money(shop, order)["refundable"] == "20.2"
    refund(shop, order, "F2", units={"b": 1}, status="pending")
    shop.orders.settle_payment(order, reference="F2", status="success", **shop.next())
    view = shop.view(order)
    assert [given["refund_status"] for given in view["refunds"]] == ["failure", "success"]
    assert view["payment_status"] == "partially_refunded"


def test_a_dispute_blocks_the_money_until_it_is_won_or_lost(shop, order):
    shop.orders.sale(order, amount="20.20", reference="S1", **shop.next())
    shop.orders.open_chargeback(order, reference="D1", charge="S1", **shop.next())
    with pytest.raises(RefundTooLarge, match="may be refunded up to 0"):
        refund(shop, order, "F1", amounts={"d": 1})
    shop.orders.close_chargeback(order, reference="D1", outcome="won", **shop.next())
    assert money(shop, order)["refundable"] == "20.2"
    shop.orders.open_chargeback(order, reference="D2", amount="4", **shop.next())
    shop.orders.close_chargeback(order, reference="D2", outcome="lost", **shop.next())
    assert money(shop, order) == {
        "captured": "20.2", "refunded": "4", "outstanding": "0", "refundable": "16.2",
    }  # fmt: skip
    events = [event["event_kind"] for event in shop.view(order)["events"]]
    assert [kind for kind in events if "charge" in kind] == [
        "chargeback_opened", "chargeback_won", "chargeback_opened", "charged_back",
    ]  # fmt: skip


def test_what_was_refunded_for_canceled_units_is_due_again_when_goods_are_added(shop, order):
    """Paid 20.20, a pot of 8.00 canceled and 7.20 refunded: goodwill is forgiven, a cancel is not."""
    shop.pay(order, "20.20")
    shop.orders.cancel(order, reason="customer", units={"b": 1}, **shop.next())
    refund(shop, order, "F1", units={"b": 1})
    refund(shop, order, "F2", amounts={"a": 1}, reason="goodwill")
    assert money(shop, order)["outstanding"] == "0"
    shop.ship(order, "S1")
    assert shop.view(order)["order_status"] == "closed"


@pytest.fixture
def short(shop):
    """Three cups at 5.00, of which 10.00 was paid; two shipped, the third canceled: nobody owes anything."""
    shop.receive("CUP", "LEICESTER", 3)
    order = shop.place("2", ("CUP", 3, "5"))
    shop.pay(order, "10")
    shop.ship(order, "P1", units={1: 2})
    shop.orders.cancel(order, reason="customer", units={"a": 1}, **shop.next())
    assert standing(shop, order) == ("closed", "0", "0")
    return order


def standing(shop, order):
    view = shop.view(order)
    return view["order_status"], str(view["to_collect"]), str(view["to_refund"])


@pytest.mark.parametrize("over", ["lines", "order"])
def test_goodwill_on_an_order_with_canceled_units_that_were_never_paid_is_no_debt(shop, short, over):
    shop.orders.refund_amount(short, refund_id="F1", amount="3.33", over=over, **shop.next())
    assert standing(shop, short) == ("closed", "0", "0")
    refund(shop, short, "F2", units={"a": 1}, status="pending")
    assert standing(shop, short) == ("closed", "0", "0")
    shop.orders.settle_payment(short, reference="F2", status="failure", **shop.next())
    assert standing(shop, short) == ("closed", "0", "0")
    shop.receive("POT", "LEICESTER", 1)
    shop.orders.edit(short, changes=[AddLine("b", "POT", 1, "2")], **shop.next())
    assert standing(shop, short) == ("open", "2", "0")


def test_more_than_what_was_canceled_given_back_by_units_is_no_debt(shop, short):
    refund(shop, short, "F1", units={"a": 2})
    assert standing(shop, short) == ("closed", "0", "0")
    assert str(shop.view(short)["lines"][0]["refunded"]) == "10"


def test_goodwill_after_an_exchange_on_an_order_with_canceled_units_is_no_debt(shop, short):
    """A cup worth 5.00 for a bowl of 3.00: 3.00 of credit on a line of which a unit was canceled."""
    shop.receive("BOWL", "LEICESTER", 1)
    swap = {"return_id": "R1", "units": {"a": 1}, "lines": [NewLine("x", "BOWL", 1, "3")]}
    shop.orders.exchange(short, **swap, ships_first=True, **shop.next())
    shop.ship(short, "P2")
    assert standing(shop, short) == ("closed", "0", "0")
    shop.orders.refund_amount(short, refund_id="F1", amount="1", over="order", **shop.next())
    assert standing(shop, short) == ("closed", "0", "0")
    shop.orders.cancel_return("R1", reason="kept it", **shop.next())
    assert standing(shop, short) == ("open", "3", "0")


@pytest.mark.parametrize("first", ["return", "cancel"])
def test_the_money_of_a_returned_unit_is_not_that_of_a_canceled_one_of_its_line(shop, first):
    """Three cups paid, one shipped and back, one canceled: 5.00 for each, whichever comes first."""
    shop.receive("CUP", "LEICESTER", 3)
    order = shop.place("2", ("CUP", 3, "5"))
    shop.pay(order, "15")
    shop.ship(order, "P1", units={1: 2})
    steps = {
        "cancel": lambda: shop.orders.cancel(order, reason="customer", units={"a": 1}, **shop.next()),
        "return": lambda: bring_back(shop, order),
    }
    steps.pop(first)()
    for step in steps.values():
        step()
    assert standing(shop, order) == ("closed", "0", "5")
    refund(shop, order, "F2", units={"a": 1})
    assert standing(shop, order) == ("closed", "0", "0")
    assert str(shop.view(order)["lines"][0]["refunded"]) == "10"


def bring_back(shop, order):
    shop.orders.return_(order, return_id="R1", units={"a": 1}, **shop.next())
    shop.orders.receive_return("R1", disposition="restocked", **shop.next())
    shop.orders.refund_return("R1", refund_id="F1", **shop.next())


def test_a_channel_that_tells_of_a_refund_given_here_does_not_refund_twice(shop, order):
    shop.pay(order, "20.20")
    refund(shop, order, "F1", amounts={"a": 5})
    refund(shop, order, "F2", amounts={"b": 2}, status="pending")
    stream = Stream()
    for refund_id in ("F1", "F2", "F3"):
        stream.refund(refund_id, "1", ("a", "CUP", 1, "no_restock"))
    bulk.apply(shop.book, stream.chunks(), settings=shop.settings)
    assert money(shop, order)["refunded"] == "8"
    assert [given["refund_status"] for given in shop.view(order)["refunds"]] == ["success", "success"]
    told = [event["event_kind"] for event in shop.view(order)["events"]][-3:]
    assert told == ["refund_confirmed", "refunded", "refunded"]


def test_money_that_does_not_add_up_is_found(shop, order):
    shop.orders.authorize(order, amount="20.20", reference="A1", **shop.next())
    shop.orders.capture(order, **shop.next())
    refund(shop, order, "F1", amounts={"a": 5})
    with shop.book.write() as con:
        con.exec_driver_sql("UPDATE payment_transaction SET amount_e4 = 999 WHERE kind = 'authorization'")
        con.exec_driver_sql("UPDATE payment_transaction SET amount_e4 = 300000 WHERE kind = 'refund'")
        con.exec_driver_sql("UPDATE refund_line SET amount_e4 = 300000")
    found = [str(violation) for violation in verify(shop.book)]
    assert found == [
        "M1 authorization A1 of order shopify:1: found 202000, expected 999",
        "M1 captured of order shopify:1: found 202000, expected 999",
        "M2 refunded of order shopify:1: found 300000, expected 202000",
        "M2 refund F1: found 300000, expected 50000",
        "M3 line a of order shopify:1: found 300000, expected 50000",
    ]
    with shop.book.write() as con:
        con.exec_driver_sql("UPDATE payment_transaction SET amount_e4 = 202000 WHERE kind = 'authorization'")
        con.exec_driver_sql("UPDATE payment_transaction SET amount_e4 = 50000 WHERE kind = 'refund'")
        con.exec_driver_sql("UPDATE refund_line SET amount_e4 = 50000")


def test_a_book_from_before_gets_what_it_lacks_and_keeps_its_payments(shop, order):
    shop.orders.sale(order, amount="20.20", reference="S1", **shop.next())
    with shop.book.write() as con:
        con.exec_driver_sql("DROP INDEX payment_transaction_expiry")
        for column in ("parent_seq", "expires_at", "settled_at", "tender", "message"):
            con.exec_driver_sql(f"ALTER TABLE payment_transaction DROP COLUMN {column}")
        con.exec_driver_sql("ALTER TABLE return_line DROP COLUMN reason")
        for table in reversed(PAPERS):
            table.drop(con)
        con.exec_driver_sql("DELETE FROM schema_migration WHERE migration_no = 12")
        con.exec_driver_sql("DELETE FROM schema_migration WHERE migration_no = 16")
    with open_book(shop.settings.order_book_url) as book:
        old = Shop(book, shop.settings, calls=shop.calls)
        assert old.view(order)["payments"][0]["reference"] == "S1"
        refund(old, order, "F1", units={"b": 1})
        assert old.view(order)["payments"][1]["parent"] == "S1"


def test_a_book_from_before_learns_which_refunds_were_for_goods_that_came_back(shop):
    shop.receive("CUP", "LEICESTER", 3)
    order = shop.place("2", ("CUP", 3, "5"))
    shop.pay(order, "15")
    shop.ship(order, "P1", units={1: 2})
    bring_back(shop, order)
    refund(shop, order, "F2", amounts={"a": 1})
    with shop.book.write() as con:
        con.exec_driver_sql("ALTER TABLE refund_line DROP COLUMN forgiven_e4")
        con.exec_driver_sql("DELETE FROM schema_migration WHERE migration_no = 16")
    with open_book(shop.settings.order_book_url) as book:
        old = Shop(book, shop.settings, calls=shop.calls)
        old.orders.cancel(order, reason="customer", units={"a": 1}, **old.next())
        assert standing(old, order) == ("closed", "0", "4")
        with book.read() as con:
            rows = con.exec_driver_sql("SELECT refund_id, forgiven_e4 FROM refund_line ORDER BY 1").all()
        assert [tuple(row) for row in rows] == [("F1", 50_000), ("F2", 0)]
