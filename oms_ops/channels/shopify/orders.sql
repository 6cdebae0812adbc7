-- One canonical order per Shopify REST order.
WITH parsed AS (
    SELECT document_seq, json_transform(body, '{
        "name": "VARCHAR",
        "created_at": "VARCHAR",
        "cancelled_at": "VARCHAR",
        "cancel_reason": "VARCHAR",
        "currency": "VARCHAR",
        "test": "VARCHAR",
        "customer": {"id": "VARCHAR"},
        "shipping_address": {"country": "VARCHAR"},
        "line_items": [
            {"id": "VARCHAR", "sku": "VARCHAR", "title": "VARCHAR", "quantity": "VARCHAR", "price": "VARCHAR"}
        ],
        "shipping_lines": [{"id": "VARCHAR", "code": "VARCHAR", "title": "VARCHAR", "price": "VARCHAR"}]
    }') AS doc
    FROM document
)
SELECT
    document_seq,
    doc.name AS order_number,
    doc.customer.id AS customer_id,
    doc.shipping_address.country AS country,
    doc.currency AS currency,
    doc.created_at AS placed_at,
    doc.test AS is_test,
    doc.cancelled_at AS canceled_at,
    doc.cancel_reason AS cancel_reason,
    CASE WHEN doc.line_items IS NOT NULL THEN list_concat(
        list_transform(doc.line_items, lambda item: {
            'line_id': item.id,
            'role': 'item',
            'code': item.sku,
            'title': item.title,
            'quantity': item.quantity,
            'unit_price': item.price,
            'amount': NULL::VARCHAR
        }),
        list_transform(doc.shipping_lines, lambda item, place: {
            'line_id': coalesce(item.id, 'shipping-' || place),
            'role': 'shipping',
            'code': item.code,
            'title': item.title,
            'quantity': '1',
            'unit_price': item.price,
            'amount': NULL::VARCHAR
        })
    ) END AS lines
FROM parsed
