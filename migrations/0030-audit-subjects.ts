// What events tell of besides accounts, indexes for every way they are looked for, and a table that only grows.
import { type Kysely, sql } from 'kysely';

interface Tables {
  audit_events: { account_id: string | null };
}

export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('audit_events').addColumn('subject', 'text').execute();
  // Each in the order that lists have, so that a page reads no more than it shows.
  await db.schema.dropIndex('audit_events_account_id_index').execute();
  for (const column of ['account_id', 'subject', 'client_id', 'address']) {
    const index = db.schema.createIndex(`audit_events_${column}_at_index`).on('audit_events');
    await index.columns([column, 'at', 'id']).where(sql.ref(column), 'is not', null).execute();
  }
  for (const column of ['actor', 'event']) {
    const index = db.schema.createIndex(`audit_events_${column}_at_index`).on('audit_events');
    await index.columns([column, 'at', 'id']).execute();
  }
  await db.schema.createIndex('audit_events_at_index').on('audit_events').columns(['at', 'id']).execute();
  await sql`create index audit_events_failures_index on audit_events (at, id) where outcome = 'failure'`.execute(db);
  await sql`create index audit_events_request_id_index on audit_events (request_id) where request_id is not null`.execute(
    db,
  );
  await growsOnly(db);
}

/**
 * Holds for whoever uses the table, its owner among them, until the triggers are dropped. Only the sweep deletes, which
 * says so in its transaction; what is younger than 30 days, the least that can be configured, it leaves standing.
 */
async function growsOnly(db: Kysely<Tables>): Promise<void> {
  await sql`
    create function refuse_to_change_audit_events() returns trigger language plpgsql as $body$
    begin
      if tg_op = 'DELETE' and current_setting('gatehouse.forgets_audit_events', true) = 'yes' then
        return case when old.at < now() - interval '30 days' then old end;
      end if;
      raise exception 'audit_events is added to, never changed: % is refused', lower(tg_op)
        using errcode = 'restrict_violation';
    end
    $body$`.execute(db);
  await sql`
    create trigger audit_events_rows_stay before update or delete on audit_events
    for each row execute function refuse_to_change_audit_events()`.execute(db);
  await sql`
    create trigger audit_events_table_stays before truncate on audit_events
    for each statement execute function refuse_to_change_audit_events()`.execute(db);
}
