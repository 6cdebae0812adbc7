-- one published value, as it stands now
INSERT INTO core.ats_publication
SELECT
    publication_seq,
    channel_id,
    sku,
    ats,
    terms,
    make_timestamptz(computed_at) AS computed_at,
    movement_seq,
    make_timestamptz(pushed_at) AS pushed_at,
    make_timestamptz(acknowledged_at) AS acknowledged_at,
    make_timestamptz(superseded_at) AS superseded_at,
    change_no
FROM pulled_publication
