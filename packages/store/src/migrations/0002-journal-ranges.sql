-- The journal's ranges: a month each, since run ids (uuid version 7) begin with their time. Old months can then be
-- dropped whole instead of deleted row by row. Rows with other ids go to the default range.

-- The smallest run id of a time.
create function pawl.run_id_floor(at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Makes the ranges of the month of `at` and of two months ahead; answers how many were new. A month whose rows are in
-- the default range already (ids of a clock that was ahead) stays there.
create function pawl.extend_journal(at timestamptz) returns integer language plpgsql set lock_timeout = '2s' as $$
declare
  first timestamptz;
  name text;
  made integer := 0;
begin
  for ahead in 0..2 loop
    first := date_trunc('month', at at time zone 'UTC') at time zone 'UTC' + make_interval(months => ahead);
    name := 'journal_' || to_char(first at time zone 'UTC', 'YYYYMM');
    if to_regclass('pawl.' || name) is null then
      begin
        -- Attached rather than created in place: that leaves the parent readable and writable.
        execute format('create table pawl.%I (like pawl.journal including defaults including constraints)', name);
        execute format('alter table pawl.journal attach partition pawl.%I for values from (%L) to (%L)',
          name, pawl.run_id_floor(first), pawl.run_id_floor(first + interval '1 month'));
        made := made + 1;
      exception when check_violation then
        raise warning 'the journal of % stays in the default range', name;
      end;
    end if;
  end loop;
  return made;
end
$$;
