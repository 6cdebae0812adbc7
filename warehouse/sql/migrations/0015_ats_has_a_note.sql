-- core.ats says what its other columns do not
alter table if exists core.ats add column if not exists note varchar;
