-- Selling Partner API Orders v0: Order.
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    sent_at,
    amazon_number(invoice, copy) AS id,
    is_second,
    to_json({
        'AmazonOrderId': amazon_number(invoice, copy),
        'SellerOrderId': amazon_number(invoice, copy),
        'PurchaseDate': iso_z(placed_at),
        'LastUpdateDate': iso_z(sent_at),
        'OrderStatus': CASE WHEN canceled_at IS NULL THEN 'Unshipped' ELSE 'Canceled' END,
        'FulfillmentChannel': 'MFN',
        'SalesChannel': 'Amazon.co.uk',
        'ShipServiceLevel': 'Std UK Dom_1',
        'OrderType': 'StandardOrder',
        'OrderTotal': {'CurrencyCode': getvariable('currency'), 'Amount': money(total)},
        'NumberOfItemsShipped': 0,
        'NumberOfItemsUnshipped': CASE WHEN canceled_at IS NULL THEN units ELSE 0 END,
        'PaymentMethod': 'Other',
        'MarketplaceId': 'A1F83G8C2ARO7P',
        'EarliestShipDate': iso_z(placed_at),
        'LatestShipDate': iso_z(placed_at::DATE + INTERVAL '2 days 23 hours 59 minutes 59 seconds'),
        'LatestDeliveryDate': iso_z(placed_at::DATE + INTERVAL '5 days 23 hours 59 minutes 59 seconds'),
        'IsBusinessOrder': false,
        'IsPrime': false,
        'BuyerInfo': {'BuyerEmail': customer_number(customer_id, copy) || '@marketplace.amazon.co.uk'},
        'ShippingAddress': {'City': 'London', 'CountryCode': 'GB'}
    })::VARCHAR AS body
FROM sending
INNER JOIN sale USING (channel_id, invoice)
CROSS JOIN copies
WHERE channel_id = 'amazon' AND sent_at >= getvariable('chunk_from') AND sent_at < getvariable('chunk_to');
