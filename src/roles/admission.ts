// How many people a rule about roles or groups lets in.
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';

/** How many of the accounts one rule lets in and the other does not; a rule is a list of which one role is enough. */
export async function countRefused(
  { db, clock }: { db: Db; clock: Clock },
  accountIds: readonly string[],
  { before, after }: { before: readonly string[]; after: readonly string[] },
): Promise<number> {
  if (after.length === 0) return 0;
  const now = databaseNow(clock);
  const whoHaveOneOf = (roles: readonly string[]) => sql`
    with recursive carrying(role) as (
      select name from roles where name = any(${sql.val([...roles])}::text[]) and gone_at is null
      union select r.name from carrying join role_includes i on i.includes = carrying.role
        join roles r on r.name = i.role and r.gone_at is null
    )
    select a.account_id from role_assignments a join carrying on carrying.role = a.role
    where a.account_id = any(${sql.val([...accountIds])}::text[]) and (a.expires_at is null or a.expires_at > ${now})
    union select m.account_id from group_members m join groups g on g.name = m.group_name and g.gone_at is null
      join group_roles gr on gr.group_name = g.name join carrying on carrying.role = gr.role
    where m.account_id = any(${sql.val([...accountIds])}::text[]) and (m.expires_at is null or m.expires_at > ${now})`;
  const { rows } = await sql<{ refused: string }>`
    select count(*) as refused from unnest(${sql.val([...accountIds])}::text[]) as account(id)
    where id not in (${whoHaveOneOf(after)})
      ${before.length === 0 ? sql`` : sql`and id in (${whoHaveOneOf(before)})`}`.execute(db);
  return Number(rows[0]?.refused ?? 0);
}

/** The same of a list of groups. */
export async function countRefusedByGroup(
  { db, clock }: { db: Db; clock: Clock },
  accountIds: readonly string[],
  { before, after }: { before: readonly string[]; after: readonly string[] },
): Promise<number> {
  if (after.length === 0) return 0;
  const whoAreIn = (groups: readonly string[]) => sql`
    select m.account_id from group_members m join groups g on g.name = m.group_name and g.gone_at is null
    where m.account_id = any(${sql.val([...accountIds])}::text[]) and g.name = any(${sql.val([...groups])}::text[])
      and (m.expires_at is null or m.expires_at > ${databaseNow(clock)})`;
  const { rows } = await sql<{ refused: string }>`
    select count(*) as refused from unnest(${sql.val([...accountIds])}::text[]) as account(id)
    where id not in (${whoAreIn(after)})
      ${before.length === 0 ? sql`` : sql`and id in (${whoAreIn(before)})`}`.execute(db);
  return Number(rows[0]?.refused ?? 0);
}
