-- One canonical order per WooCommerce REST v3 order. What a coupon took off a line (subtotal - total) is a discount line.
WITH parsed AS (
    SELECT document_seq, json_transform(body, '{
        "number": "VARCHAR",
        "status": "VARCHAR",
        "currency": "VARCHAR",
        "date_created_gmt": "VARCHAR",
        "date_modified_gmt": "VARCHAR",
        "customer_id": "VARCHAR",
        "billing": {"country": "VARCHAR"},
        "shipping": {"country": "VARCHAR"},
        "line_items": [{
            "id": "VARCHAR", "name": "VARCHAR", "sku": "VARCHAR", "quantity": "VARCHAR", "price": "VARCHAR",
            "subtotal": "VARCHAR", "total": "VARCHAR"
        }],
        "shipping_lines": [
            {"id": "VARCHAR", "method_id": "VARCHAR", "method_title": "VARCHAR", "total": "VARCHAR"}
        ],
        "fee_lines": [{
            "id": "VARCHAR", "name": "VARCHAR", "total": "VARCHAR",
            "meta_data": [{"key": "VARCHAR", "value": "VARCHAR"}]
        }]
    }') AS doc
    FROM document
)
SELECT
    document_seq,
    doc.number AS order_number,
    nullif(doc.customer_id, '0') AS customer_id,
    coalesce(nullif(doc.shipping.country, ''), doc.billing.country) AS country,
    doc.currency AS currency,
    doc.date_created_gmt AS placed_at,
    CASE WHEN doc.status IN ('cancelled', 'trash') THEN doc.date_modified_gmt END AS canceled_at,
    CASE WHEN doc.status IS NULL THEN 'status' END AS absent,
    CASE WHEN doc.line_items IS NOT NULL THEN list_concat(
        list_transform(doc.line_items, lambda item: {
            'line_id': item.id,
            'role': 'item',
            'code': item.sku,
            'title': item.name,
            'quantity': item.quantity,
            'unit_price': item.price,
            'amount': CASE WHEN item.price IS NOT NULL THEN item.subtotal END
        }),
        list_transform(
            list_filter(doc.line_items, lambda item: TRY_CAST(item.total AS DECIMAL(18, 4)) < TRY_CAST(item.subtotal AS DECIMAL(18, 4))),
            lambda item: {
                'line_id': item.id || '-discount',
                'role': 'fee',
                'code': 'D',
                'title': 'Discount on ' || item.name,
                'quantity': '1',
                'unit_price': TRY(TRY_CAST(item.total AS DECIMAL(18, 4)) - TRY_CAST(item.subtotal AS DECIMAL(18, 4)))::VARCHAR,
                'amount': NULL::VARCHAR
            }
        ),
        list_transform(doc.shipping_lines, lambda item: {
            'line_id': item.id,
            'role': 'shipping',
            'code': item.method_id,
            'title': item.method_title,
            'quantity': '1',
            'unit_price': item.total,
            'amount': NULL::VARCHAR
        }),
        list_transform(doc.fee_lines, lambda item: {
            'line_id': item.id,
            'role': 'fee',
            'code': list_filter(item.meta_data, lambda entry: entry.key = 'code')[1].value,
            'title': item.name,
            'quantity': '1',
            'unit_price': item.total,
            'amount': NULL::VARCHAR
        })
    ) END AS lines
FROM parsed
