-- The highest journal format that a partition's rows may have: that of the newest worker which has owned it. An older
-- worker could not read them and would set their runs aside, so it does not take the partition.
alter table pawl.lease add column format smallint not null default 0;

-- As before, and not a partition whose format is higher than the worker knows.
create function pawl.take_over(
  p_partition smallint, p_epoch bigint, p_worker text, p_pid integer, p_backend_start timestamptz, p_format smallint
) returns boolean language plpgsql set lock_timeout = '1s' as $$
begin
  update pawl.lease
    set epoch = p_epoch + 1, worker = p_worker, pid = p_pid, backend_start = p_backend_start,
      format = greatest(format, p_format)
    where partition = p_partition and epoch = p_epoch and format <= p_format;
  return found;
end
$$;

-- What workers of the version before call: they know format 1.
create or replace function pawl.take_over(
  p_partition smallint, p_epoch bigint, p_worker text, p_pid integer, p_backend_start timestamptz
) returns boolean language sql as $$
  select pawl.take_over(p_partition, p_epoch, p_worker, p_pid, p_backend_start, 1::smallint)
$$;
