-- one entry of the ledger, among a range of them
SELECT
    posting.posting_seq,
    placed.order_id,
    posting.reference,
    posting.reason,
    posting.occurred_at,
    posting.recorded_at
FROM posting
LEFT JOIN "order" AS placed ON placed.order_seq = posting.order_seq
WHERE posting.posting_seq >= :low AND posting.posting_seq <= :high
ORDER BY posting.posting_seq
