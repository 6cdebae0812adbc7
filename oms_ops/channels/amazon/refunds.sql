-- One canonical refund per Finances v0 RefundEvent. Charges are negative there; only the principal is the goods' price.
WITH parsed AS (
    SELECT document_seq, json_transform(body, '{
        "AmazonOrderId": "VARCHAR",
        "PostedDate": "VARCHAR",
        "RestockType": "VARCHAR",
        "ShipmentItemAdjustmentList": [{
            "SellerSKU": "VARCHAR", "OrderItemId": "VARCHAR", "QuantityShipped": "VARCHAR", "RestockType": "VARCHAR",
            "ItemChargeAdjustmentList": [{
                "ChargeType": "VARCHAR",
                "ChargeAmount": {"CurrencyCode": "VARCHAR", "CurrencyAmount": "VARCHAR"}
            }]
        }]
    }') AS doc
    FROM document
)
SELECT
    document_seq,
    doc.AmazonOrderId AS order_external_id,
    doc.PostedDate AS refunded_at,
    doc.ShipmentItemAdjustmentList[1].ItemChargeAdjustmentList[1].ChargeAmount.CurrencyCode AS currency,
    list_transform(doc.ShipmentItemAdjustmentList, lambda item: {
        'order_line_id': item.OrderItemId,
        'role': 'item',
        'code': item.SellerSKU,
        'quantity': item.QuantityShipped,
        'unit_price': NULL::VARCHAR,
        'amount': negated(list_filter(
            item.ItemChargeAdjustmentList, lambda charge: charge.ChargeType = 'Principal')[1].ChargeAmount.CurrencyAmount),
        'restock_kind': coalesce(item.RestockType, doc.RestockType, 'return')
    }) AS lines
FROM parsed
