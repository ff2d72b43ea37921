// Whether anybody is left who can administer this server, however they come to it: else nobody could let anybody in.
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { lockModel } from './model-lock.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/**
 * Whether there is an active account with `gatehouse:admin`, by whatever way: given, by a group, by a role that includes it.
 * Who was invited and has not come yet cannot sign in, and may never: they do not count.
 */
export interface AdministratorsLeft {
  readonly now: boolean;
  /** How many people these are. */
  readonly people: number;
  /** One that has it without an end. */
  readonly forGood: boolean;
}

/** In a transaction that then takes the account away: of two administrators who leave at once, the second waits here. */
export async function isLastAdministrator(deps: Deps, accountId: string): Promise<boolean> {
  await lockModel(deps.db);
  return isFewer(await administratorsLeft(deps), await administratorsLeft(deps, { without: accountId }));
}

/**
 * Does work that may take somebody's right to administer away: directly, through groups, by what roles include, by a ban.
 * When nobody is left who could before, nothing of it was done. Of several at once each waits for the one before, so two
 * administrators cannot take it from each other.
 */
export async function keepingAnAdministrator<D extends Deps, Outcome>(
  deps: D,
  work: (inside: D) => Promise<Outcome>,
): Promise<Outcome | { readonly outcome: 'last_administrator' }> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await lockModel(tx);
    const before = await administratorsLeft(inside);
    await sql`savepoint keeping_an_administrator`.execute(tx);
    const outcome = await work(inside);
    const isTooMuch = isFewer(before, await administratorsLeft(inside));
    if (isTooMuch) await sql`rollback to savepoint keeping_an_administrator`.execute(tx);
    await sql`release savepoint keeping_an_administrator`.execute(tx);
    return isTooMuch ? { outcome: 'last_administrator' } : outcome;
  });
}

type Left = Pick<AdministratorsLeft, 'now' | 'forGood'>;

/** Where nobody had it for good before, nobody has to afterwards. */
export const isFewer = (before: Left, after: Left): boolean =>
  (before.now && !after.now) || (before.forGood && !after.forGood);

export async function administratorsLeft(
  { db, clock }: Deps,
  { without = '' }: { without?: string } = {},
): Promise<AdministratorsLeft> {
  const now = databaseNow(clock);
  const { rows } = await sql<{ people: string; for_good: boolean }>`
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
    select count(distinct account_id) as people, coalesce(bool_or(for_good), false) as for_good
    from held join accounts on accounts.id = account_id
    where accounts.status = 'active' and accounts.password_hash is not null and accounts.id <> ${without}`.execute(db);
  const [left] = rows;
  const people = Number(left?.people ?? 0);
  return { now: people > 0, people, forGood: left?.for_good === true };
}
