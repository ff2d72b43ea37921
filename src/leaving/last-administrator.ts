// Whether anybody is left who can administer this server: else nobody could let anybody in.
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { lockModel } from '../roles/model-lock.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** Whether there is an active account with `gatehouse:admin`, by whatever way: given, by a group, by a role that includes it. */
export interface AdministratorsLeft {
  readonly now: boolean;
  /** One that has it without an end. */
  readonly forGood: boolean;
}

/** In a transaction that then takes the account away: of two administrators who leave at once, the second waits here. */
export async function isLastAdministrator(deps: Deps, accountId: string): Promise<boolean> {
  await lockModel(deps.db);
  return isFewer(await administratorsLeft(deps), await administratorsLeft(deps, { without: accountId }));
}

/** Where nobody had it for good before, nobody has to afterwards. */
export const isFewer = (before: AdministratorsLeft, after: AdministratorsLeft): boolean =>
  (before.now && !after.now) || (before.forGood && !after.forGood);

export async function administratorsLeft(
  { db, clock }: Deps,
  { without = '' }: { without?: string } = {},
): Promise<AdministratorsLeft> {
  const now = databaseNow(clock);
  const { rows } = await sql<{ now: boolean; for_good: boolean }>`
    with recursive administering(role) as (
      select name from roles where name = ${ADMIN_ROLE} and gone_at is null
      union select r.name from administering join role_includes i on i.includes = administering.role
        join roles r on r.name = i.role and r.gone_at is null
    ), held(account_id, for_good) as (
      select account_id, expires_at is null from role_assignments natural join administering
      where expires_at is null or expires_at > ${now}
      union all
      select m.account_id, m.expires_at is null from administering
        join group_roles gr on gr.role = administering.role
        join groups g on g.name = gr.group_name and g.gone_at is null
        join group_members m on m.group_name = g.name and (m.expires_at is null or m.expires_at > ${now})
    )
    select count(*) > 0 as now, coalesce(bool_or(for_good), false) as for_good
    from held join accounts on accounts.id = account_id
    where accounts.status = 'active' and accounts.id <> ${without}`.execute(db);
  const [left] = rows;
  return { now: left?.now === true, forGood: left?.for_good === true };
}
