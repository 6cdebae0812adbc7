-- one row per sku and location it is planned for: its part of the demand, what it has, what to buy for it
select
    position.sku,
    position.location_id,
    position.stock_pool,
    position.takes_purchases,
    position.demand_share,
    position.expected_demand,
    position.available,
    position.incoming_in_time,
    position.suggested_quantity,
    position.lot,
    position.least,
    position.is_divided,
    position.withheld_quantity,
    coalesce(
        position.proposal_id,
        -- a release from before positions had one: as its proposals were named
        position.sku || '@' || position.location_id || '@'
        || (select coalesce(max(string_split(proposal_id, '@')[-1]), 'earlier') from proposal)
    ) as proposal_id
from stock_position as position
where ($sku::varchar is null or position.sku = $sku)
order by position.sku, position.location_id
