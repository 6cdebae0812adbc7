-- one spell in which a (channel, sku) could, or could not, be bought, by the values that came into force
-- A value is in force from when the channel acknowledged it, else from when it was handed over. One that was never
-- handed over, or overtaken by a newer one before it was in force, never was.
with known as (
    select
        channel_id,
        sku,
        publication_seq,
        ats >= 1 as is_buyable,
        case when acknowledged_at < $as_of then acknowledged_at else pushed_at end as begins_at
    from core.ats_publication
    where pushed_at < $as_of
),
in_force as (
    select channel_id, sku, is_buyable, begins_at
    from known
    qualify coalesce(
        begins_at < min(begins_at) over (
            partition by channel_id, sku
            order by publication_seq
            rows between 1 following and unbounded following
        ),
        true
    )
),
turns as (
    select channel_id, sku, is_buyable, begins_at
    from in_force
    qualify is_buyable is distinct from lag(is_buyable) over (partition by channel_id, sku order by begins_at)
)
select
    channel_id,
    sku,
    begins_at,
    lead(begins_at) over (partition by channel_id, sku order by begins_at) as ends_at,
    is_buyable
from turns
