-- Takes a partition whose epoch is still `p_epoch`; answers whether it did. Waits at most a second for the old owner's
-- commit, then fails with lock_not_available, and the caller ends the backend that stands in the way.
create function pawl.take_over(p_partition smallint, p_epoch bigint, p_worker text, p_pid integer, p_backend_start timestamptz)
returns boolean language plpgsql set lock_timeout = '1s' as $$
begin
  update pawl.lease
    set epoch = p_epoch + 1, worker = p_worker, pid = p_pid, backend_start = p_backend_start
    where partition = p_partition and epoch = p_epoch;
  return found;
end
$$;

-- Ends the backend that commits for the owner of a partition, if it is still the very one that was recorded.
create function pawl.end_owner(p_partition smallint, p_epoch bigint, p_wait_ms bigint) returns boolean language sql as $$
  select coalesce(bool_or(pg_terminate_backend(a.pid, p_wait_ms)), false)
    from pawl.lease l
    join pg_stat_activity a on a.pid = l.pid and a.backend_start = l.backend_start
    where l.partition = p_partition and l.epoch = p_epoch
$$;

-- Gives back what is still held at these epochs; answers those partitions. The epoch is raised, so that a commit of the
-- old owner which is still under way elsewhere finds nothing to hold on to.
create function pawl.release(p_worker text, p_partitions smallint[], p_epochs bigint[]) returns smallint[] language plpgsql as $$
declare
  released smallint[];
begin
  perform from pawl.lease where partition = any (p_partitions) order by partition for update;
  with gone as (
    update pawl.lease l set epoch = l.epoch + 1, worker = null, pid = null, backend_start = null
      from unnest(p_partitions, p_epochs) as x (partition, epoch)
      where l.partition = x.partition and l.epoch = x.epoch and l.worker = p_worker
      returning l.partition
  )
  select array_agg(partition) into released from gone;
  return released;
end
$$;

-- Records the new backend of a worker whose commit connection was made again.
create function pawl.rebind(p_worker text, p_pid integer, p_backend_start timestamptz) returns void
language plpgsql set lock_timeout = '1s' as $$
begin
  perform from pawl.lease where worker = p_worker order by partition for update;
  update pawl.lease set pid = p_pid, backend_start = p_backend_start where worker = p_worker;
end
$$;
