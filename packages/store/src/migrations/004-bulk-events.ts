import type { Migration } from './migration.ts'

/**
 * Events of runs that are inserted together are written together: on PostgreSQL a statement for each run cost more than the run.
 * SQLite has no triggers for whole statements, and no round trip to save.
 */
export const bulkEvents: Migration = {
  version: 4,
  name: 'bulk-events',
  readableFrom: 1,
  statements: (dialect) => (dialect === 'postgres' ? postgres : []),
}

const postgres: readonly string[] = [
  'drop trigger run_event_insert on run',
  `create function run_events() returns trigger language plpgsql as $$ begin
    if exists (select from inserted where parent_id is null) then
      insert into event (id, workspace, name, key, root_id, deployment_id, payload)
      select gen_random_uuid(), workspace, 'run.' || state_type, flow, id, deployment_id,
        json_build_object('flow', flow, 'name', name, 'state', json_build_object('type', state_type, 'name', state_name,
          'at', state_at, 'message', state_message))
      from inserted where parent_id is null;
    end if;
    return null;
  end $$`,
  `create trigger run_event_insert after insert on run referencing new table as inserted
    for each statement execute function run_events()`,
]
