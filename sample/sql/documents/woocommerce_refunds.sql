-- WooCommerce REST v3 order refunds: one per credit invoice and order.
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    refunded_at AS sent_at,
    document_number(credit_invoice, copy) * 10000000 + invoice::BIGINT AS id,
    is_second,
    to_json({
        'id': document_number(credit_invoice, copy) * 10000000 + invoice::BIGINT,
        'date_created_gmt': iso_plain(refunded_at),
        'amount': money(sum(quantity * price)),
        'reason': 'credit note ' || credit_invoice,
        'refunded_payment': true,
        'line_items': list({
            'id': line_number(credit_invoice, copy, credit_line_no) * 100 + part_no,
            'sku': sku,
            'quantity': -quantity,
            'price': price::DOUBLE,
            'total': money(-quantity * price),
            'total_tax': '0.00',
            'meta_data': [{'key': '_refunded_item_id', 'value': line_number(invoice, copy, order_line_no)::VARCHAR}]
        } ORDER BY line_no),
        'meta_data': [{'key': 'restock_type', 'value': max(restock_type)}],
        '_links': {'up': [{
            'href': 'https://shop.example.com/wp-json/wc/v3/orders/' || document_number(invoice, copy)
        }]}
    })::VARCHAR AS body
FROM refund
CROSS JOIN copies
CROSS JOIN deliveries
WHERE channel_id = 'woocommerce' AND (is_repeated OR NOT is_second)
    AND refunded_at >= getvariable('chunk_from') AND refunded_at < getvariable('chunk_to')
GROUP BY credit_invoice, invoice, refunded_at, copy, is_second;
