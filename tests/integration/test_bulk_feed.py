"""Facts out of the warehouse: in order, whole, and cut as asked."""

import pytest

from oms_ops import bulk, feed
from oms_ops import facts as f
from oms_ops.errors import OmsError
from oms_ops.store import open_book
from tests.support.core_rows import add, at, warehouse_of

MICROS = 1_298_937_600_000_000  # 2011-03-01 00:00 UTC


@pytest.fixture
def filled(tmp_path):
    with warehouse_of(tmp_path) as (con, settings):
        stream = [
            ("stock_count", "N1"), ("order", "shopify:1"), ("purchase_order", "P1/1"), ("receipt", "R1"),
            ("stock_adjustment", "A1"), ("shipment", "S1"), ("delivery", "S1"), ("refund", "F1"),
            ("order", "shopify:2"), ("cancellation", "shopify:2"),
        ]  # fmt: skip
        for number, (kind, name) in enumerate(stream, start=1):
            add(con, "core.intake_fact", apply_seq=number * 10, fact_kind=kind, fact_id=name)
        stock = {"sku": "CUP", "location_id": "LEICESTER", "quantity": 5}
        add(con, "core.stock_count", count_id="N1", **stock, counted_at=at("2011-03-01 00:00"))
        add(con, "core.receipt", receipt_id="R1", purchase_order_line_id="P1/1", **stock)
        add(con, "core.purchase_order_line", purchase_order_line_id="P1/1", supplier_id="SUP", **stock)
        add(con, "core.stock_adjustment", adjustment_id="A1", **stock | {"quantity": -2}, reason="wet")
        for name in ("1", "2"):
            add(
                con, "core.order_header", order_id=f"shopify:{name}", channel_id="shopify", external_id=name,
                order_number=f"#{name}", country="France", currency="GBP", placed_at=at("2011-03-01 00:00"),
            )  # fmt: skip
        for number, price in ((2, "1.2345"), (1, "0.5000")):
            add(
                con, "core.order_line", order_id="shopify:1", line_id=f"l{number}", line_no=number, sku="CUP",
                line_type="product", quantity=number, unit_price=price,
            )  # fmt: skip
        add(con, "core.shipment", shipment_id="S1", order_id="shopify:1", carrier="DPD", tracking_number="T")
        add(con, "core.delivery", shipment_id="S1", order_id="shopify:1")
        add(con, "core.order_cancellation", order_id="shopify:2", cancel_reason="fraud")
        add(con, "core.refund", refund_id="F1", order_id="shopify:1")
        add(
            con, "core.refund_line", refund_id="F1", line_no=1, order_line_id="l2", sku="CUP", quantity=1,
            amount="1.2345", line_type="product", restock_kind="return",
        )  # fmt: skip
        yield con, settings


def test_facts_come_in_order_with_their_lines_exact_and_cut_as_asked(filled):
    con, settings = filled
    chunks = list(feed.facts(con, settings, after=0, limit=4))
    assert [len(chunk) for chunk in chunks] == [4, 4, 2]
    facts = [fact for chunk in chunks for fact in chunk]
    assert [fact.apply_seq for fact in facts] == list(range(10, 101, 10))
    assert [type(fact) for fact in facts] == [
        f.StockCountFact, f.OrderFact, f.PurchaseOrderFact, f.ReceiptFact, f.StockAdjustmentFact,
        f.ShipmentFact, f.DeliveryFact, f.RefundFact, f.OrderFact, f.CancellationFact,
    ]  # fmt: skip
    order = facts[1]
    assert (order.order_id, order.placed_at, order.is_test, order.customer_id) == (
        "shopify:1",
        MICROS,
        False,
        None,
    )
    assert order.lines == [
        f.OrderLineFact(1, "l1", "CUP", "product", 1, 5_000),
        f.OrderLineFact(2, "l2", "CUP", "product", 2, 12_345),
    ]
    assert facts[7].lines == [f.RefundLineFact("l2", "CUP", "product", 1, 12_345, "return")]
    assert facts[8].lines == []
    assert facts[4].quantity == -2


def test_only_facts_above_the_mark_come(filled):
    con, settings = filled
    facts = [fact for chunk in feed.facts(con, settings, after=60, limit=100) for fact in chunk]
    assert [fact.apply_seq for fact in facts] == [70, 80, 90, 100]
    assert list(feed.facts(con, settings, after=100, limit=100)) == []


def test_a_fact_without_its_row_or_of_an_unknown_kind_stops_the_feed(filled):
    con, settings = filled
    add(con, "core.intake_fact", apply_seq=200, fact_kind="receipt", fact_id="R404")
    with pytest.raises(OmsError, match="names 2 facts of kind receipt, the tables have 1"):
        list(feed.facts(con, settings, after=0, limit=100))
    add(con, "core.intake_fact", apply_seq=300, fact_kind="rumor", fact_id="X")
    with pytest.raises(OmsError, match="unknown kind .'rumor'"):
        list(feed.facts(con, settings, after=0, limit=100))


def test_the_feed_leaves_no_tables_behind_and_feeds_the_book(filled):
    con, settings = filled
    with open_book(settings.order_book_url) as book:
        report = bulk.apply(book, feed.facts(con, settings, after=0, limit=3), settings=settings)
        assert (report.facts, report.last_apply_seq) == (10, 100)
        assert list(feed.facts(con, settings, after=book.applied_through(), limit=3)) == []
    left = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'feed%'").fetchone()
    assert left == (0,)
