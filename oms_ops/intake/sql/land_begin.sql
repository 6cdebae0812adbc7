-- staged_document: one document read from a file. Of one sent later than the run's instant only file and time are kept.
CREATE OR REPLACE TEMP TABLE staged_document (
    channel_id VARCHAR,
    kind VARCHAR,
    external_id VARCHAR,
    content_hash VARCHAR,
    sent_at TIMESTAMPTZ,
    body VARCHAR,
    file_id BIGINT,
    line_no BIGINT,
    fault VARCHAR
);

-- reading: one file version read in this pass.
CREATE OR REPLACE TEMP TABLE reading (
    file_id BIGINT,
    is_new BOOLEAN,
    channel_id VARCHAR,
    kind VARCHAR,
    path VARCHAR,
    size_bytes BIGINT,
    modified_ns BIGINT,
    day TIMESTAMPTZ,
    landed_through TIMESTAMPTZ,
    header VARCHAR
);
