-- Shopify REST orders, one JSON document each.
CREATE OR REPLACE TEMP TABLE document AS
WITH sent AS (
    SELECT sending.*, copy
    FROM sending
    CROSS JOIN copies
    WHERE channel_id = 'shopify' AND sent_at >= getvariable('chunk_from') AND sent_at < getvariable('chunk_to')
),
wanted AS (
    SELECT DISTINCT invoice, copy FROM sent
),
item AS (
    SELECT
        invoice,
        copy,
        list({
            'id': line_number(invoice, copy, line_no),
            'sku': sku,
            'title': coalesce(line.title, product.title, sku),
            'quantity': quantity,
            'price': money(price),
            'total_discount': '0.00',
            'requires_shipping': line_type = 'product',
            'gift_card': line_type = 'gift_card',
            'fulfillment_status': NULL::VARCHAR
        } ORDER BY line_no) FILTER (line_type <> 'shipping') AS line_items,
        list({
            'id': line_number(invoice, copy, line_no),
            'code': code,
            'title': coalesce(line.title, code),
            'price': money(quantity * price),
            'source': 'shopify'
        } ORDER BY line_no) FILTER (line_type = 'shipping') AS shipping_lines
    FROM order_line AS line
    INNER JOIN wanted USING (invoice)
    LEFT JOIN product USING (code)
    GROUP BY invoice, copy
)
SELECT
    sent.sent_at,
    document_number(sent.invoice, sent.copy) AS id,
    sent.is_second,
    to_json({
        'id': document_number(sent.invoice, sent.copy),
        'name': '#' || document_number(sent.invoice, sent.copy),
        'order_number': document_number(sent.invoice, sent.copy),
        'created_at': iso_shop(sale.placed_at),
        'updated_at': iso_shop(sent.sent_at),
        'processed_at': iso_shop(sale.placed_at),
        'cancelled_at': iso_shop(sent.canceled_at),
        'cancel_reason': CASE WHEN sent.canceled_at IS NOT NULL THEN 'customer' END,
        'currency': getvariable('currency'),
        'test': sale.is_test,
        'financial_status': CASE WHEN sent.canceled_at IS NULL THEN 'paid' ELSE 'refunded' END,
        'fulfillment_status': NULL::VARCHAR,
        'source_name': 'web',
        'taxes_included': true,
        'subtotal_price': money(sale.total - sale.shipping_total),
        'total_discounts': '0.00',
        'total_tax': '0.00',
        'total_price': money(sale.total),
        'customer': CASE WHEN sale.customer_id IS NOT NULL THEN
            {'id': customer_number(sale.customer_id, sent.copy), 'currency': getvariable('currency')} END,
        'shipping_address': {'country': sale.country},
        'line_items': item.line_items,
        'shipping_lines': coalesce(item.shipping_lines, [])
    })::VARCHAR AS body
FROM sent
INNER JOIN sale USING (invoice)
INNER JOIN item ON item.invoice = sent.invoice AND item.copy = sent.copy;
