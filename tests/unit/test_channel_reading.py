"""One inbox file to the texts of its documents: nothing is changed, and one bad line costs that line only."""

from __future__ import annotations

import json
import os

import pytest

from oms_ops.channels import adapters
from oms_ops.intake.reading import FileFault, read, take_apart

ORDERS = adapters()["shopify"].kinds[0]
SALES = adapters()["erp"].kinds[0]
COUNTS = adapters()["wms"].back_office[0]
COUNT_HEADER = "count_no,item_code,location,quantity,counted_at"


def texts(parts):
    return [(part.first_line, part.text) for part in parts]


def test_a_page_is_taken_apart_without_touching_its_documents():
    page = '{"next": null,\n "orders": [\n  {"id": 1, "price": 1.50},\n  {"id":2}]}'
    assert texts(take_apart(page, ("orders",))) == [(3, '{"id": 1, "price": 1.50}'), (4, '{"id":2}')]


def test_a_page_may_nest_its_documents():
    page = '{"payload": {"NextToken": "x", "Orders": [{"AmazonOrderId": "A"}]}}'
    assert texts(take_apart(page, ("payload/Orders",))) == [(1, '{"AmazonOrderId": "A"}')]


def test_a_page_cut_short_keeps_its_whole_documents_and_shows_the_broken_one():
    parts = list(take_apart('{"orders": [{"id": 1}, {"id": 2}, {"id": 3, "li', ("orders",)))
    assert [part.text for part in parts] == ['{"id": 1}', '{"id": 2}', '{"id": 3, "li']


@pytest.mark.parametrize("text", ['{"id": 1, "orders_count": 3}', '{\n  "id": 1\n}', '{"id": 1,\n "li', "[}"])
def test_what_is_no_page_is_one_document_as_it_stands(text):
    found = list(take_apart(text, ("orders",)))
    assert "".join(part.text for part in found).strip("[") == text.strip("[")


def test_json_lines_in_a_json_file_are_lines_after_all(tmp_path):
    path = tmp_path / "2011-12-01.json"
    path.write_text('{"id": 1}\n{"id": 2}\n', encoding="utf-8")
    (part,) = read(path, ORDERS).parts
    assert (part.text, part.is_record) == ('{"id": 1}\n{"id": 2}\n', False)


def test_a_pretty_printed_document_in_a_lines_file_is_one_document(tmp_path):
    path = tmp_path / "2011-12-01.jsonl"
    pretty = json.dumps({"id": 1, "line_items": []}, indent=2)
    path.write_text(pretty + "\n", encoding="utf-8")
    assert texts(read(path, ORDERS).parts) == [(1, pretty)]


def test_a_line_that_is_not_utf8_keeps_its_bytes_and_is_told_from_the_others(tmp_path):
    path = tmp_path / "2011-12-01.jsonl"
    path.write_bytes('{"id": 1}\n{"id": 2, "t": "caf\xe9"}\n'.encode("latin-1"))
    good, bad, _rest = read(path, ORDERS).parts
    assert good.fault is None
    assert bad.text.encode("latin-1") == b'{"id": 2, "t": "caf\xe9"}'
    assert bad.fault == "byte 0xE9 at place 20 of line 2 is not UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_file_in_another_encoding_altogether_is_refused_as_a_whole(tmp_path, encoding):
    path = tmp_path / "2011-12-01.csv"
    path.write_bytes(f"{COUNT_HEADER}\nC1,22423,LEICESTER,4,2011-12-01T08:00:00Z\n".encode(encoding))
    with pytest.raises(FileFault, match="UTF-16 or binary; UTF-8 text is expected"):
        read(path, COUNTS)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "2011-12-01.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{COUNT_HEADER}\r\nC1,22423,LEICESTER,4,x\r\n".encode())
    content = read(path, COUNTS)
    assert content.header == COUNT_HEADER
    assert texts(content.parts) == [(2, "C1,22423,LEICESTER,4,x\r\n")]


def test_a_header_without_a_needed_column_names_it(tmp_path):
    path = tmp_path / "2011-12-01.csv"
    path.write_text("count_no;item_code\nC1;22423\n", encoding="utf-8")
    with pytest.raises(
        FileFault, match="lacks count_no, item_code, location, quantity, counted_at"
    ) as caught:
        read(path, COUNTS)
    assert caught.value.reason_code == "missing_field"


def test_a_quoted_line_end_does_not_end_a_row(tmp_path):
    path = tmp_path / "2011-12-01.csv"
    path.write_text(f'{COUNT_HEADER}\nC1,22423,"LEI\nCESTER",4,x\nC2,22423,LEICESTER,4,x\n', encoding="utf-8")
    assert texts(read(path, COUNTS).parts) == [
        (2, 'C1,22423,"LEI\nCESTER",4,x'),
        (4, "C2,22423,LEICESTER,4,x"),
        (5, ""),
    ]


def test_a_stray_quote_costs_its_own_row_only(tmp_path):
    path = tmp_path / "2011-12-01.csv"
    path.write_text(f'{COUNT_HEADER}\nC1,22"423,LEICESTER,4,x\nC2,22423,LEICESTER,4,x\n', encoding="utf-8")
    assert [text for _, text in texts(read(path, COUNTS).parts)][:2] == [
        'C1,22"423,LEICESTER,4,x',
        "C2,22423,LEICESTER,4,x",
    ]


def test_a_file_replaced_while_it_is_read_is_left_for_the_next_time(tmp_path, monkeypatch):
    path = tmp_path / "2011-12-01.jsonl"
    path.write_text('{"id": 1}\n', encoding="utf-8")
    looked = os.fstat

    def look_and_append(descriptor):
        status = looked(descriptor)
        with path.open("ab") as writer:
            writer.write(b'{"id": 2}\n')
        return status

    monkeypatch.setattr(os, "fstat", look_and_append)
    with pytest.raises(FileFault, match="changed while it was read") as caught:
        read(path, ORDERS)
    assert caught.value.is_passing


def test_an_empty_file_holds_nothing(tmp_path):
    path = tmp_path / "2011-12-01.csv"
    path.write_bytes(b"")
    assert read(path, SALES).parts == []
