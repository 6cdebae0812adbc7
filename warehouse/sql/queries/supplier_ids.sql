-- one row per supplier that supplies a product
select distinct supplier_id
from product
where supplier_id is not null
order by supplier_id
