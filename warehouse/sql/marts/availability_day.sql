-- one row per (channel, sku, business_date) on which the sku could be bought for less than the whole day
-- From the first published value in force on, that is what was published. Before, and where nothing was, it is
-- worked out. Stock is what the movement ledger says at each instant. Units captured and not yet routed, which also
-- lower ATS, are left out: routing follows capture at once. A location's free stock is capped at what makes any
-- channel sell, so that only the instants near a stock-out remain to be summed.
with rules as (
    select
        channel_id,
        network,
        threshold + 1 / share as pool_needed
    from core.channel
    where share > 0
),
cap as (
    select ceil(max(pool_needed)) + 1 as units from rules
),
network_locations as (
    select distinct network, trim(unnest(string_split(network, ','))) as location_id from rules
),
places as materialized (
    select
        movement.sku,
        movement.location_id,
        row_number() over (order by movement.sku, movement.location_id) as place_no
    from (select distinct sku, location_id from core.inventory_movement) as movement
),
changes as materialized (
    select
        places.place_no,
        epoch_us(movement.occurred_at) as at_us,
        sum(movement.quantity * kind.available) as delta,
        bool_or(movement.quantity * kind.on_hand > 0) as is_stocked
    from core.inventory_movement as movement
    inner join core.movement_kind as kind on kind.kind = movement.kind
    inner join places on places.sku = movement.sku and places.location_id = movement.location_id
    where kind.available <> 0
      and movement.occurred_at < $as_of
    group by places.place_no, epoch_us(movement.occurred_at)
),
levels as (
    select
        place_no,
        at_us,
        delta,
        sum(delta) over (partition by place_no order by at_us) as available
    from changes
),
steps as (
    select
        places.sku,
        places.location_id,
        levels.at_us,
        greatest(0, least(cap.units, levels.available - location.facility_buffer))
            - greatest(0, least(cap.units, levels.available - levels.delta - location.facility_buffer)) as step
    from levels
    inner join places on places.place_no = levels.place_no
    inner join core.location as location on location.location_id = places.location_id
    cross join cap
    where location.is_active
      and step <> 0
),
stocked as (
    select places.sku, min(changes.at_us) as since_us
    from changes
    inner join places on places.place_no = changes.place_no
    where changes.is_stocked
    group by places.sku
),
pools as (
    select distinct
        place.network,
        steps.sku,
        steps.at_us,
        sum(steps.step) over (partition by place.network, steps.sku order by steps.at_us) as pool
    from steps
    inner join network_locations as place on place.location_id = steps.location_id
    union all
    select networks.network, stocked.sku, stocked.since_us - 1, 0
    from stocked
    cross join (select distinct network from rules) as networks
),
worked_out as (
    select
        rules.channel_id,
        pools.sku,
        pools.at_us,
        pools.pool >= rules.pool_needed as is_buyable
    from pools
    inner join rules on rules.network = pools.network
    qualify is_buyable is distinct from lag(is_buyable) over (
        partition by rules.channel_id, pools.sku order by pools.at_us
    )
),
published as (
    select
        channel_id,
        sku,
        epoch_us(min(begins_at)) as since_us,
        epoch_us(min(begins_at) filter (where is_buyable)) as buyable_us
    from marts.availability_interval
    group by channel_id, sku
),
known as (
    select worked_out.channel_id, worked_out.sku, worked_out.at_us, worked_out.is_buyable
    from worked_out
    left join published on published.channel_id = worked_out.channel_id and published.sku = worked_out.sku
    where worked_out.at_us < published.since_us
       or published.since_us is null
    union all
    select channel_id, sku, epoch_us(begins_at) as at_us, is_buyable
    from marts.availability_interval
),
states as (
    select channel_id, sku, at_us, is_buyable
    from known
    qualify is_buyable is distinct from lag(is_buyable) over (partition by channel_id, sku order by at_us)
),
sold_since as (
    select
        spelled.channel_id,
        spelled.sku,
        coalesce(stocked.since_us, published.buyable_us) as since_us
    from (select distinct channel_id, sku from states) as spelled
    left join stocked on stocked.sku = spelled.sku
    left join published on published.channel_id = spelled.channel_id and published.sku = spelled.sku
),
spells as (
    select
        channel_id,
        sku,
        is_buyable,
        at_us as from_us,
        lead(at_us, 1, epoch_us($as_of::timestamptz)) over (partition by channel_id, sku order by at_us) as to_us
    from states
),
outages as (
    select spells.channel_id, spells.sku, greatest(spells.from_us, sold_since.since_us) as from_us, spells.to_us
    from spells
    inner join sold_since on sold_since.channel_id = spells.channel_id and sold_since.sku = spells.sku
    where not spells.is_buyable
      and sold_since.since_us is not null
      and spells.to_us > greatest(spells.from_us, sold_since.since_us)
),
dated as (
    select
        channel_id,
        sku,
        from_us,
        to_us,
        timezone($zone, make_timestamptz(from_us))::date as first_date,
        timezone($zone, make_timestamptz(to_us - 1))::date as last_date
    from outages
),
days as (
    select
        business_date::date as business_date,
        epoch_us(timezone($zone, business_date)) as begin_us,
        least(epoch_us(timezone($zone, business_date + interval 1 day)), epoch_us($as_of::timestamptz)) as end_us
    from (
        select unnest(generate_series(min(first_date)::timestamp, max(last_date)::timestamp, interval 1 day))
            as business_date
        from dated
    )
),
outage_days as (
    select
        channel_id,
        sku,
        first_date + unnest(range(last_date - first_date + 1))::integer as business_date,
        from_us,
        to_us
    from dated
),
parts as (
    select
        outage_days.channel_id,
        outage_days.sku,
        outage_days.business_date,
        least(outage_days.to_us, days.end_us) - greatest(outage_days.from_us, days.begin_us) as out_us,
        days.end_us - days.begin_us as day_us
    from outage_days
    inner join days on days.business_date = outage_days.business_date
)
select channel_id, sku, business_date, 0 as exposure
from parts
where out_us = day_us
union all
select channel_id, sku, business_date, 1 - sum(out_us) / any_value(day_us) as exposure
from parts
where out_us < day_us
group by channel_id, sku, business_date
