-- the alerts' record and the curve of service are also of each stock pool; what stands is of all together
alter table if exists marts.alert_score add column if not exists stock_pool varchar default '';
alter table if exists marts.policy_curve add column if not exists stock_pool varchar default '';
