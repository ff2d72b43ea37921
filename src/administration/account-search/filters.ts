// What accounts are looked for by. Each filter can list those that it fits, a limited number, and say of one whether it does.
import { type RawBuilder, sql } from 'kysely';
import type { AccountStatus } from '../../accounts/account.ts';
import type { Clock } from '../../clock.ts';
import type { Db } from '../../database/database.ts';
import { databaseNow } from '../../database/time.ts';
import { fitsWords, foundByWords, type Words } from './words.ts';

export interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface Filter {
  /**
   * Accounts that fit, at most so many; in the order of an index, so that it is what is read. Undefined where none has
   * anything to offer.
   */
  readonly found: ((sortKey: RawBuilder<unknown>, atMost: number) => Found) | undefined;
  /** Of the row `accounts`. */
  readonly fits: RawBuilder<boolean>;
  /** Whether `fits` looks into other tables, which takes several times as long. */
  readonly looksElsewhere?: true;
}

export interface Found {
  /** With `id`. An account that several rows lead to may stand here more than once, and counts so. */
  readonly rows: RawBuilder<unknown>;
  /** Of `found`, which is `rows`; with `id` and `sort_key`, each once. Asked only where they are few enough. */
  readonly sortable: RawBuilder<unknown>;
}

export const byWords = (words: Words): Filter => ({
  found: (sortKey, atMost) => ({
    rows: foundByWords(words, sortKey, atMost),
    sortable: sql`select id, sort_key from found`,
  }),
  fits: fitsWords(words),
});

/** Ids from an index that does not have what they are sorted by: each account is looked up. */
const byIds =
  (ids: (atMost: number) => RawBuilder<unknown>): Filter['found'] =>
  (sortKey, atMost) => ({
    rows: ids(atMost),
    // With a limit, PostgreSQL looks for each account by itself; else it may read the whole table.
    sortable: sql`select found.id, keyed.sort_key from (select distinct id from found) as found
      cross join lateral (select ${sortKey} as sort_key from accounts where accounts.id = found.id limit 1) as keyed`,
  });

/** Nearly everybody is active, which no index would help with; the others have one. */
export const byStatus = (status: AccountStatus): Filter => ({
  found:
    status === 'active'
      ? undefined
      : byIds(
          (atMost) =>
            sql`select id from accounts where status <> 'active' and status = ${status} order by id limit ${atMost}`,
        ),
  fits: sql<boolean>`accounts.status = ${status}`,
});

export const byGroup = ({ clock }: Deps, group: string): Filter => {
  const member = sql`m.group_name = ${group} and (m.expires_at is null or m.expires_at > ${databaseNow(clock)})`;
  return {
    found: byIds(
      (atMost) => sql`select m.account_id as id from group_members m where ${member}
        order by m.group_name, m.account_id limit ${atMost}`,
    ),
    looksElsewhere: true,
    fits: holds(sql`group_members m where m.account_id = accounts.id and ${member}`),
  };
};

/** With a limit, PostgreSQL asks for each account by itself; else it may read the whole table first. */
const holds = (rows: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`((select true from ${rows} limit 1) is not null)`;

/** Who has the role, however: given, through a group, or through a role that includes it. */
export async function byRole({ db, clock }: Deps, role: string): Promise<Filter> {
  const { roles, groups } = await carriersOf(db, role);
  const now = databaseNow(clock);
  const given = sql`r.role = any(${roles}::text[]) and (r.expires_at is null or r.expires_at > ${now})`;
  const member = sql`m.group_name = any(${groups}::text[]) and (m.expires_at is null or m.expires_at > ${now})`;
  return {
    found: byIds(
      (atMost) => sql`
        (select r.account_id as id from role_assignments r where ${given} order by r.role limit ${atMost})
        union all (select m.account_id from group_members m where ${member} order by m.group_name, m.account_id limit ${atMost})
        limit ${atMost}`,
    ),
    looksElsewhere: true,
    fits: sql<boolean>`(${sql.join(
      [
        holds(sql`role_assignments r where r.account_id = accounts.id and ${given}`),
        ...(groups.length === 0 ? [] : [holds(sql`group_members m where m.account_id = accounts.id and ${member}`)]),
      ],
      sql` or `,
    )})`,
  };
}

/** The roles that are or include this one, and the groups that have one of them. */
async function carriersOf(db: Db, role: string): Promise<{ roles: string[]; groups: string[] }> {
  const { rows } = await sql<{ kind: 'role' | 'group'; name: string }>`
    with recursive carrying(role) as (
      select name from roles where name = ${role} and gone_at is null
      union select r.name from carrying join role_includes i on i.includes = carrying.role
        join roles r on r.name = i.role and r.gone_at is null
    )
    select 'role' as kind, role as name from carrying
    union select 'group', g.name from carrying join group_roles gr on gr.role = carrying.role
      join groups g on g.name = gr.group_name and g.gone_at is null`.execute(db);
  const named = (kind: 'role' | 'group') => rows.filter((row) => row.kind === kind).map(({ name }) => name);
  return { roles: named('role'), groups: named('group') };
}
