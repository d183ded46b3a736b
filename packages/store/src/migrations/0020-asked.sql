-- What a step asks a person: the question as JSON text, and who is asked, so that lists can be made by that. Rows without
-- it ask whether an effect was applied, as before.
alter table pawl.decision add column asked text, add column assignees text[] collate "C";

-- Called in the statement of `pawl.commit`, after it has written the rows. `decision_assignees`: names, a line each.
create function pawl.describe_decisions(
  lost text,
  decision_partition smallint[], decision_run uuid[], decision_id text[], decision_asked text[], decision_assignees text[]
) returns integer language plpgsql as $$
declare
  described integer;
begin
  -- The rows of a start that lost are not there.
  update pawl.decision d set asked = x.asked, assignees = string_to_array(x.assignees, E'\n')
    from unnest(decision_partition, decision_run, decision_id, decision_asked, decision_assignees)
      as x (partition, run, id, asked, assignees)
    where d.partition = x.partition and d.run = x.run and d.id = x.id;
  get diagnostics described = row_count;
  return described;
end
$$;
