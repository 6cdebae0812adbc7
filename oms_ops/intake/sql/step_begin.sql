-- retry: documents in quarantine that may be readable now; one that is not UTF-8 never will be.
CREATE OR REPLACE TEMP TABLE retry AS
SELECT document_seq
FROM raw.quarantine
WHERE status = 'open' AND document_seq IS NOT NULL AND reason_code <> 'bad_encoding'
    AND document_seq <= getvariable('after_seq');

-- garbled: documents that are not what was sent.
CREATE OR REPLACE TEMP TABLE garbled AS
SELECT DISTINCT document_seq FROM raw.quarantine WHERE reason_code = 'bad_encoding';

-- todo: the documents of this step.
CREATE OR REPLACE TEMP TABLE todo AS
SELECT document_seq, channel_id, kind, external_id, sent_at, file_id, line_no, false AS is_retry
FROM raw.document
ANTI JOIN garbled USING (document_seq)
WHERE document_seq > getvariable('after_seq') AND document_seq <= getvariable('through_seq')
UNION ALL
SELECT document_seq, channel_id, kind, external_id, sent_at, file_id, line_no, true
FROM raw.document
SEMI JOIN retry USING (document_seq);

-- problem: why a document cannot be interpreted; the one of the lowest rank is told.
CREATE OR REPLACE TEMP TABLE problem (
    document_seq BIGINT,
    rank INTEGER,
    reason_code VARCHAR,
    reason VARCHAR
);

-- fact: what this step adds to the stream.
CREATE OR REPLACE TEMP TABLE fact (
    fact_kind VARCHAR,
    rank INTEGER,
    fact_id VARCHAR,
    recorded_at TIMESTAMPTZ,
    document_seq BIGINT
);

-- mapped_order and mapped_refund: what the mappings say, as text; columns a mapping leaves out are NULL.
CREATE OR REPLACE TEMP TABLE mapped_order (
    document_seq BIGINT,
    partner_sent_at TIMESTAMPTZ,
    missing VARCHAR,
    absent VARCHAR,
    conflict VARCHAR,
    order_number VARCHAR,
    customer_id VARCHAR,
    country VARCHAR,
    currency VARCHAR,
    placed_at VARCHAR,
    is_test VARCHAR,
    promised_ship_by VARCHAR,
    promised_deliver_by VARCHAR,
    canceled_at VARCHAR,
    cancel_reason VARCHAR,
    lines STRUCT(
        line_id VARCHAR, role VARCHAR, code VARCHAR, title VARCHAR, quantity VARCHAR, unit_price VARCHAR, amount VARCHAR
    )[]
);

CREATE OR REPLACE TEMP TABLE mapped_refund (
    document_seq BIGINT,
    missing VARCHAR,
    absent VARCHAR,
    conflict VARCHAR,
    order_external_id VARCHAR,
    has_no_order BOOLEAN,
    customer_id VARCHAR,
    country VARCHAR,
    currency VARCHAR,
    refunded_at VARCHAR,
    lines STRUCT(
        order_line_id VARCHAR, role VARCHAR, code VARCHAR, quantity VARCHAR, unit_price VARCHAR, amount VARCHAR,
        restock_kind VARCHAR
    )[]
);
