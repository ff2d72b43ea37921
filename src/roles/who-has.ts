// Who has a role or a permission, and why: given directly, through a group, or by a role that includes it.
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import { PRODUCT_RESOURCE } from '../config/roles/product-permissions.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { clientRoles } from './client-roles.ts';
import { includesByRole, type PermissionRef } from './role-contents.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export type Sought = { readonly role: string } | { readonly permission: PermissionRef };

/** One reason. Somebody may have several. */
export interface Way {
  /** Undefined: given to the account itself. */
  readonly group: string | undefined;
  /** From the role that was given to the one that is sought, or that carries the permission; mostly one. */
  readonly path: readonly string[];
  /** Undefined: for good. */
  readonly expiresAt: Date | undefined;
}

export interface Holder {
  readonly accountId: string;
  readonly email: string;
  readonly name: string | undefined;
  readonly status: 'active' | 'banned' | 'deleting';
  readonly ways: readonly Way[];
}

export interface HolderPage {
  readonly holders: readonly Holder[];
  /** What to give as `after` for the next page; undefined after the last one. */
  readonly next: string | undefined;
}

/** In the order of account ids. Of any number of accounts it reads one page from an index for every role and group. */
export async function whoHas(
  deps: Deps,
  sought: Sought,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<HolderPage> {
  const paths = await pathsTo(deps.db, sought);
  if (paths.size === 0) return { holders: [], next: undefined };
  const given = await givenTo(deps, { roles: [...paths.keys()], after, atMost: limit + 1 });
  const ids = [...new Set(given.map(({ account_id }) => account_id))].sort(byCodePoint);
  const shown = ids.slice(0, limit);
  if (shown.length === 0) return { holders: [], next: undefined };
  const accounts = await accountsNamed(deps.db, shown);
  const byAccount = Map.groupBy(given, ({ account_id }) => account_id);
  const holders = shown.flatMap((accountId): Holder[] => {
    const account = accounts.get(accountId);
    const ways = (byAccount.get(accountId) ?? []).flatMap((row) => waysOf(row, paths)).sort(byShortest);
    return account === undefined ? [] : [{ accountId, ...account, ways }];
  });
  return { holders, next: ids.length > limit ? shown.at(-1) : undefined };
}

/** By role that brings it along: how. One path for each target, the shortest. */
type Paths = ReadonlyMap<string, readonly (readonly string[])[]>;

/** What is declared no longer leads nowhere. */
async function pathsTo(db: Db, sought: Sought): Promise<Paths> {
  const targets = 'role' in sought ? [sought.role] : await rolesCarrying(db, sought.permission);
  const rows = await db.selectFrom('roles').select('name').where('gone_at', 'is', null).execute();
  const inForce = new Set(rows.map(({ name }) => name));
  const includedBy = new Map<string, string[]>();
  for (const [role, includes] of await includesByRole(db)) {
    for (const name of includes) includedBy.set(name, [...(includedBy.get(name) ?? []), role]);
  }
  const paths = new Map<string, (readonly string[])[]>();
  for (const target of targets.filter((name) => inForce.has(name))) {
    const seen = new Set([target]);
    for (const queue: (readonly string[])[] = [[target]]; queue.length > 0; ) {
      const path = queue.shift() ?? [];
      const [role = ''] = path;
      paths.set(role, [...(paths.get(role) ?? []), path]);
      for (const next of includedBy.get(role) ?? []) {
        if (seen.has(next) || !inForce.has(next)) continue;
        seen.add(next);
        queue.push([next, ...path]);
      }
    }
  }
  return paths;
}

async function rolesCarrying(db: Db, { resource, name }: PermissionRef): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('role_permissions')
    .innerJoin('permissions', (join) =>
      join
        .onRef('permissions.resource', '=', 'role_permissions.resource')
        .onRef('permissions.name', '=', 'role_permissions.permission'),
    )
    .select('role_permissions.role')
    .where('role_permissions.resource', '=', resource)
    .where('role_permissions.permission', '=', name)
    .where('permissions.gone_at', 'is', null)
    .orderBy('role_permissions.role')
    .execute();
  return rows.map(({ role }) => role);
}

interface Given {
  readonly account_id: string;
  readonly role: string;
  readonly group_name: string | null;
  readonly expires_at: Date | null;
}

/** The first so many after `after` of every role and of every group: the first of all of them are among these. */
async function givenTo(
  { db, clock }: Deps,
  { roles, after, atMost }: { roles: readonly string[]; after: string; atMost: number },
): Promise<readonly Given[]> {
  const now = databaseNow(clock);
  const { rows } = await sql<Given>`
    select found.account_id, sought.role, null as group_name, found.expires_at
    from unnest(${sql.val([...roles])}::text[]) as sought(role) cross join lateral (
      select a.account_id, a.expires_at from role_assignments a
      where a.role = sought.role and a.account_id > ${after} and (a.expires_at is null or a.expires_at > ${now})
      order by a.account_id limit ${atMost}
    ) found
    union all
    select found.account_id, gr.role, gr.group_name, found.expires_at
    from group_roles gr join groups g on g.name = gr.group_name and g.gone_at is null cross join lateral (
      select m.account_id, m.expires_at from group_members m
      where m.group_name = gr.group_name and m.account_id > ${after} and (m.expires_at is null or m.expires_at > ${now})
      order by m.account_id limit ${atMost}
    ) found
    where gr.role = any(${sql.val([...roles])}::text[])`.execute(db);
  return rows;
}

async function accountsNamed(db: Db, ids: readonly string[]) {
  const rows = await db
    .selectFrom('accounts')
    .select(['id', 'email', 'display_name', 'status'])
    .where('id', 'in', ids)
    .execute();
  return new Map(
    rows.map((row) => [row.id, { email: row.email, name: row.display_name ?? undefined, status: row.status }]),
  );
}

const waysOf = ({ role, group_name, expires_at }: Given, paths: Paths): readonly Way[] =>
  (paths.get(role) ?? []).map((path) => ({
    group: group_name ?? undefined,
    path,
    expiresAt: expires_at ?? undefined,
  }));

const byShortest = (a: Way, b: Way): number =>
  a.path.length - b.path.length ||
  byCodePoint(a.group ?? '', b.group ?? '') ||
  byCodePoint(a.path.join(), b.path.join());

export interface ServiceHolder {
  readonly clientId: string;
  readonly path: readonly string[];
}

/** Service clients that have what is sought: given here, or by their files (`clients`), by which nobody administers. */
export async function clientsThatHave(
  db: Db,
  sought: Sought,
  clients: Iterable<{ readonly clientId: string; readonly roles: { readonly assign: readonly string[] } }>,
): Promise<readonly ServiceHolder[]> {
  const paths = await pathsTo(db, sought);
  const given = (await clientRoles(db)).map(({ clientId, role }) => ({ clientId, role }));
  const byFile = (isOfProduct(sought) ? [] : [...clients]).flatMap(({ clientId, roles }) =>
    roles.assign.map((role) => ({ clientId, role })),
  );
  const isNew = ({ clientId, role }: (typeof given)[number]) =>
    !byFile.some((each) => each.clientId === clientId && each.role === role);
  return [...byFile, ...given.filter(isNew)]
    .flatMap(({ clientId, role }) => (paths.get(role) ?? []).map((path) => ({ clientId, path })))
    .sort((a, b) => byCodePoint(a.clientId, b.clientId) || a.path.length - b.path.length);
}

const isOfProduct = (sought: Sought): boolean =>
  'permission' in sought && sought.permission.resource === PRODUCT_RESOURCE;

/** Of all of them; reads as many rows as there are. */
export async function countHolders({ db, clock }: Deps, sought: Sought): Promise<number> {
  const roles = [...(await pathsTo(db, sought)).keys()];
  const now = databaseNow(clock);
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from (
      select a.account_id from role_assignments a
      where a.role = any(${sql.val(roles)}::text[]) and (a.expires_at is null or a.expires_at > ${now})
      union
      select m.account_id from group_roles gr join groups g on g.name = gr.group_name and g.gone_at is null
        join group_members m on m.group_name = gr.group_name and (m.expires_at is null or m.expires_at > ${now})
      where gr.role = any(${sql.val(roles)}::text[])
    ) as holder`.execute(db);
  return Number(rows[0]?.count ?? 0);
}
