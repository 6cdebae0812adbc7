-- Shopify REST refunds: one per credit invoice and order.
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    refunded_at AS sent_at,
    document_number(credit_invoice, copy) * 10000000 + invoice::BIGINT AS id,
    is_second,
    to_json({
        'id': document_number(credit_invoice, copy) * 10000000 + invoice::BIGINT,
        'order_id': document_number(invoice, copy),
        'created_at': iso_shop(refunded_at),
        'processed_at': iso_shop(refunded_at),
        'note': 'credit note ' || credit_invoice,
        'restock': true,
        'refund_line_items': list({
            'id': line_number(credit_invoice, copy, credit_line_no) * 100 + part_no,
            'line_item_id': line_number(invoice, copy, order_line_no),
            'quantity': refund.quantity,
            'restock_type': restock_type,
            'subtotal': money(refund.quantity * price),
            'total_tax': '0.00',
            'line_item': {
                'id': line_number(invoice, copy, order_line_no),
                'sku': sku,
                'title': coalesce(refund.title, product.title, sku),
                'price': money(price)
            }
        } ORDER BY line_no),
        'transactions': [{
            'id': document_number(credit_invoice, copy) * 10000000 + invoice::BIGINT,
            'order_id': document_number(invoice, copy),
            'kind': 'refund',
            'status': 'success',
            'amount': money(sum(refund.quantity * price)),
            'currency': getvariable('currency'),
            'created_at': iso_shop(refunded_at)
        }],
        'order_adjustments': []::VARCHAR[]
    })::VARCHAR AS body
FROM refund
LEFT JOIN product USING (code)
CROSS JOIN copies
CROSS JOIN deliveries
WHERE channel_id = 'shopify' AND (is_repeated OR NOT is_second)
    AND refunded_at >= getvariable('chunk_from') AND refunded_at < getvariable('chunk_to')
GROUP BY credit_invoice, invoice, refunded_at, copy, is_second;
