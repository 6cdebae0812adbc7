-- what changed in one sku's forecast since the last one; no row where there was none
select
    made_before,
    weeks,
    before_units,
    new_sales,
    model_change,
    end_change,
    override_change,
    after_units,
    model_before,
    model_now,
    class_before,
    class_now,
    is_new_code,
    expected_since,
    sold_since
from forecast_change
where sku = $sku
