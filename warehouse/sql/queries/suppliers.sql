-- one row per supplier and how many skus it supplies
select
    supplier_id,
    coalesce(any_value(supplier_name), supplier_id) as supplier_name,
    count(*) as skus
from product
where supplier_id is not null
group by supplier_id
order by supplier_name, supplier_id
