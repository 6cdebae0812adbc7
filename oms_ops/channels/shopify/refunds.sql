-- One canonical refund per Shopify REST refund. A refund without lines gives back money only.
WITH parsed AS (
    SELECT document_seq, json_transform(body, '{
        "order_id": "VARCHAR",
        "created_at": "VARCHAR",
        "restock": "VARCHAR",
        "refund_line_items": [{
            "line_item_id": "VARCHAR", "quantity": "VARCHAR", "restock_type": "VARCHAR", "subtotal": "VARCHAR",
            "line_item": {"id": "VARCHAR", "sku": "VARCHAR", "price": "VARCHAR"}
        }],
        "transactions": [{"id": "VARCHAR", "kind": "VARCHAR", "amount": "VARCHAR", "currency": "VARCHAR"}]
    }') AS doc
    FROM document
),
paid AS (
    SELECT document_seq, doc, list_filter(doc.transactions, lambda item: item.kind = 'refund') AS payments
    FROM parsed
)
SELECT
    document_seq,
    doc.order_id AS order_external_id,
    doc.created_at AS refunded_at,
    payments[1].currency AS currency,
    CASE
        WHEN len(doc.refund_line_items) > 0 THEN list_transform(doc.refund_line_items, lambda item: {
            'order_line_id': coalesce(item.line_item_id, item.line_item.id),
            'role': 'item',
            'code': item.line_item.sku,
            'quantity': item.quantity,
            'unit_price': CASE WHEN item.subtotal IS NULL THEN item.line_item.price END,
            'amount': item.subtotal,
            'restock_kind': coalesce(item.restock_type, CASE doc.restock WHEN 'true' THEN 'return' ELSE 'no_restock' END)
        })
        WHEN doc.refund_line_items IS NOT NULL THEN list_transform(payments, lambda item: {
            'order_line_id': NULL::VARCHAR,
            'role': 'fee',
            'code': 'M',
            'quantity': '1',
            'unit_price': item.amount,
            'amount': NULL::VARCHAR,
            'restock_kind': 'no_restock'
        })
    END AS lines
FROM paid
