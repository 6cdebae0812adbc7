-- one row per category of products
select distinct category
from product
order by category
