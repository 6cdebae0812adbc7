-- landing: how far each landing pass went, and how much it brought; interpretation works in these steps.
CREATE TABLE IF NOT EXISTS staging.landing (through_seq BIGINT NOT NULL, body_bytes BIGINT NOT NULL);

-- interpreted: how far interpretation went.
CREATE TABLE IF NOT EXISTS staging.interpreted (through_seq BIGINT NOT NULL, run_id VARCHAR NOT NULL);

-- order_version: one document accepted as the newest word on its order; an older one that comes later is stale.
CREATE TABLE IF NOT EXISTS staging.order_version (
    order_id VARCHAR NOT NULL,
    document_seq BIGINT NOT NULL,
    version_at TIMESTAMPTZ NOT NULL
);

-- known_sku: since when each sku is in the product list; an order of it cannot be recorded earlier.
CREATE TABLE IF NOT EXISTS staging.known_sku (sku VARCHAR NOT NULL, known_at TIMESTAMPTZ NOT NULL);
