-- products say when they are discontinued
alter table if exists core.product add column if not exists discontinued_at timestamptz;
alter table if exists marts.product add column if not exists discontinued_at timestamptz;
alter table if exists marts.product add column if not exists discontinued_on date;
