-- A database's day: what is printed must be the same with and without the recorder.
.bail on
pragma journal_mode = wal;
create table device (id integer primary key, name text unique, config json);
create table reading (device integer references device, at integer, value real, note text);
create index reading_at on reading (at, device);
create virtual table search using fts5(body);
create trigger reading_note after insert on reading when new.note is not null
  begin insert into search (body) values (new.note); end;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 200)
  insert into device select i, 'device ' || i, json_object('rate', i % 7, 'tags', json_array('a' || i, 'b')) from n;
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)
  insert into reading select 1 + i % 200, i, sin(i) * 100, case i % 10 when 0 then 'note number ' || i || ' of ' || hex(i * 7919) end from n;
commit;
select count(*), round(sum(value), 6) from reading;
select count(*) from search where search match 'note AND number';
select d.name, count(*), round(avg(r.value), 6), json_extract(d.config, '$.tags[0]') from reading r join device d on d.id = r.device
  where r.at between 1000 and 30000 group by d.id having count(*) > 10 order by 3 desc limit 10;
savepoint half;
delete from reading where at % 3 = 0;
rollback to half;
release half;
update reading set note = upper(note) where note is not null;
select group_concat(x, ',') from (select printf('%.3f', sum(value) over (order by at rows 50 preceding)) as x from reading limit 20);
select sum(length(x)) from (select printf('%s|%s|%s', at, value, note) as x from reading order by value, at);
vacuum;
pragma integrity_check;
pragma foreign_key_check;
.backup copy.db
.dump device
