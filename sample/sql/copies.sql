-- copies: 0 is the real order, the others are copies of it. deliveries: false is the first, true the repeat.
CREATE TABLE copies AS SELECT range AS copy FROM range(getvariable('scale')::BIGINT);
CREATE TABLE deliveries AS SELECT unnest([false, true]) AS is_second;
