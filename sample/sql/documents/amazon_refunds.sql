-- Finances v0 RefundEvent: one per credit invoice and order.
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    refunded_at AS sent_at,
    copied(credit_invoice || '-' || invoice, copy) AS id,
    is_second,
    to_json({
        'AmazonOrderId': amazon_number(invoice, copy),
        'SellerOrderId': copied(credit_invoice || '-' || invoice, copy),
        'MarketplaceName': 'Amazon.co.uk',
        'PostedDate': iso_z(refunded_at),
        'RestockType': any_value(restock_type),
        'ShipmentItemAdjustmentList': list({
            'SellerSKU': sku,
            'OrderItemId': line_number(invoice, copy, order_line_no)::VARCHAR,
            'OrderAdjustmentItemId': (line_number(credit_invoice, copy, credit_line_no) * 100 + part_no)::VARCHAR,
            'QuantityShipped': quantity,
            'RestockType': restock_type,
            'ItemChargeAdjustmentList': [{
                'ChargeType': 'Principal',
                'ChargeAmount': {'CurrencyCode': getvariable('currency'), 'CurrencyAmount': (-quantity * price)::DOUBLE}
            }]
        } ORDER BY line_no)
    })::VARCHAR AS body
FROM refund
CROSS JOIN copies
CROSS JOIN deliveries
WHERE channel_id = 'amazon' AND (is_repeated OR NOT is_second)
    AND refunded_at >= getvariable('chunk_from') AND refunded_at < getvariable('chunk_to')
GROUP BY credit_invoice, invoice, refunded_at, copy, is_second;
