-- WooCommerce REST v3 orders.
CREATE OR REPLACE TEMP TABLE document AS
WITH sent AS (
    SELECT sending.*, copy
    FROM sending
    CROSS JOIN copies
    WHERE channel_id = 'woocommerce' AND sent_at >= getvariable('chunk_from') AND sent_at < getvariable('chunk_to')
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
            'name': coalesce(line.title, product.title, sku),
            'sku': sku,
            'quantity': quantity,
            'subtotal': money(quantity * price),
            'total': money(quantity * price),
            'total_tax': '0.00',
            'price': price::DOUBLE,
            'meta_data': []::VARCHAR[]
        } ORDER BY line_no) FILTER (is_goods(line_type)) AS line_items,
        list({
            'id': line_number(invoice, copy, line_no),
            'method_id': lower(code),
            'method_title': coalesce(line.title, code),
            'total': money(quantity * price),
            'total_tax': '0.00'
        } ORDER BY line_no) FILTER (line_type = 'shipping') AS shipping_lines,
        list({
            'id': line_number(invoice, copy, line_no),
            'name': coalesce(line.title, code),
            'total': money(quantity * price),
            'total_tax': '0.00',
            'meta_data': [{'key': 'code', 'value': code}]
        } ORDER BY line_no) FILTER (line_type = 'adjustment') AS fee_lines
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
        'parent_id': 0,
        'number': document_number(sent.invoice, sent.copy)::VARCHAR,
        'created_via': 'checkout',
        'status': CASE WHEN sent.canceled_at IS NULL THEN 'processing' ELSE 'cancelled' END,
        'currency': getvariable('currency'),
        'date_created_gmt': iso_plain(sale.placed_at),
        'date_modified_gmt': iso_plain(sent.sent_at),
        'discount_total': '0.00',
        'shipping_total': money(sale.shipping_total),
        'total': money(sale.total),
        'total_tax': '0.00',
        'prices_include_tax': true,
        'customer_id': coalesce(customer_number(sale.customer_id, sent.copy), 0),
        'billing': {'country': sale.country},
        'shipping': {'country': sale.country},
        'payment_method': 'stripe',
        'line_items': item.line_items,
        'shipping_lines': coalesce(item.shipping_lines, []),
        'fee_lines': coalesce(item.fee_lines, []),
        'coupon_lines': []::VARCHAR[]
    })::VARCHAR AS body
FROM sent
INNER JOIN sale USING (invoice)
INNER JOIN item ON item.invoice = sent.invoice AND item.copy = sent.copy;
