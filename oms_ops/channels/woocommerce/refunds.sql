-- One canonical refund per WooCommerce REST v3 order refund. A refund without lines gives back money only.
WITH parsed AS (
    SELECT document_seq, json_transform(body, '{
        "date_created_gmt": "VARCHAR",
        "amount": "VARCHAR",
        "line_items": [{
            "sku": "VARCHAR", "quantity": "VARCHAR", "price": "VARCHAR", "total": "VARCHAR",
            "meta_data": [{"key": "VARCHAR", "value": "VARCHAR"}]
        }],
        "meta_data": [{"key": "VARCHAR", "value": "VARCHAR"}],
        "_links": {"up": [{"href": "VARCHAR"}]}
    }') AS doc
    FROM document
)
SELECT
    document_seq,
    nullif(regexp_extract(doc._links.up[1].href, '/orders/([^/?]+)', 1), '') AS order_external_id,
    doc.date_created_gmt AS refunded_at,
    CASE
        WHEN len(doc.line_items) > 0 THEN list_transform(doc.line_items, lambda item: {
            'order_line_id': list_filter(item.meta_data, lambda entry: entry.key = '_refunded_item_id')[1].value,
            'role': 'item',
            'code': item.sku,
            'quantity': negated(item.quantity),
            'unit_price': NULL::VARCHAR,
            'amount': negated(item.total),
            'restock_kind': coalesce(
                list_filter(doc.meta_data, lambda entry: entry.key = 'restock_type')[1].value, 'return')
        })
        WHEN doc.line_items IS NOT NULL AND doc.amount IS NOT NULL THEN [{
            'order_line_id': NULL::VARCHAR,
            'role': 'fee',
            'code': 'M',
            'quantity': '1',
            'unit_price': doc.amount,
            'amount': NULL::VARCHAR,
            'restock_kind': 'no_restock'
        }]
    END AS lines
FROM parsed
