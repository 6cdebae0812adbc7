-- one row per move between two locations, most margin first
select
    move.sku,
    coalesce(product.title, move.sku) as title,
    move.from_location_id,
    move.to_location_id,
    move.quantity,
    move.channels,
    move.missing_units,
    move.left_at_origin,
    move.saved_margin,
    move.explanation,
    coalesce(
        move.proposal_id,
        -- a release from before they had one: as the page named them
        concat_ws(' ', 'move', move.sku, move.from_location_id, move.to_location_id, move.channels) || '@'
        || (select coalesce(max(string_split(proposal_id, '@')[-1]), 'earlier') from proposal)
    ) as proposal_id
from transfer_proposal as move
left join product on product.sku = move.sku
order by move.saved_margin desc, move.sku, move.from_location_id, move.to_location_id, move.channels
