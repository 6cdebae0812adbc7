-- one row per sku, with its category, what it sold for and its ABC class over the 365 days up to the as-of date
with sold as (
    select
        sku,
        sum(units) as units,
        sum(gross_sales) as gross_sales
    from marts.sales_fact
    where fact_kind = 'order'
      and business_date > timezone($zone, $as_of::timestamptz)::date - 365
    group by sku
    having sum(units) > 0
),
margins as (
    select
        sold.sku,
        greatest(0, sold.gross_sales - sold.units * coalesce(product.unit_cost, 0)) as margin
    from sold
    inner join core.product as product on product.sku = sold.sku
),
ranked as (
    select
        sku,
        margin,
        sum(margin) over () as total_margin,
        sum(margin) over (order by margin desc, sku rows unbounded preceding) - margin as margin_before
    from margins
),
classed as (
    select
        sku,
        case
            when margin_before < 0.80 * total_margin then 'A'
            when margin_before < 0.95 * total_margin then 'B'
            else 'C'
        end as abc_class
    from ranked
),
category as (
    select
        unnest($category_names::varchar[]) as category_name,
        unnest($category_words::varchar[][]) as words,
        generate_subscripts($category_names::varchar[], 1) as place
),
categorized as (
    select product.sku, arg_min(category.category_name, category.place) as category
    from core.product as product
    inner join category
        on list_has_any(string_split_regex(upper(product.title), '[^\p{L}\p{N}-]+'), category.words)
    group by product.sku
)
select
    product.sku,
    product.title,
    product.product_kind,
    coalesce(categorized.category, 'Other') as category,
    product.supplier_id,
    supplier.supplier_name,
    product.unit_cost,
    product.pack_size,
    product.min_order_quantity,
    round(sold.gross_sales / sold.units, 4) as mean_price,
    classed.abc_class,
    product.listed_at,
    product.discontinued_at,
    timezone($zone, product.discontinued_at)::date as discontinued_on
from core.product as product
left join core.supplier as supplier on supplier.supplier_id = product.supplier_id
left join sold on sold.sku = product.sku
left join categorized on categorized.sku = product.sku
left join classed on classed.sku = product.sku
