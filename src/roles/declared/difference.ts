// What roles.yaml would change about what stands in the database, item by item and field by field.
import { isDeepStrictEqual } from 'node:util';
import type { Place } from '../../config/problem.ts';
import { byCodePoint } from '../../config/roles/by-code-point.ts';
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import type { Origin } from '../role.ts';
import type { ModelState } from './state.ts';

export type ItemKind = 'permission' | 'role' | 'group' | 'client';

export interface Item {
  readonly kind: ItemKind;
  /** Of a permission: `https://api.example.com posts:add`. */
  readonly name: string;
}

export type Value = string | null | readonly string[];
export type Fields = Readonly<Record<string, Value>>;

export interface ItemChange extends Item {
  /** Only what differs. */
  readonly before: Fields;
  readonly after: Fields;
}

export interface Difference {
  readonly added: readonly (Item & { readonly after: Fields })[];
  readonly changed: readonly ItemChange[];
  /** Declared no longer: without effect at once, and gone for good after a day. */
  readonly removed: readonly (Item & { readonly before: Fields })[];
  /** Declared again in time: whoever had it has it. */
  readonly putBack: readonly (Item & { readonly after: Fields })[];
  /** Made by hand and declared: nobody can say which of the two it is. */
  readonly conflicts: readonly (Item & { readonly place: Place })[];
}

interface Side extends Item {
  readonly fields: Fields;
}

interface Standing extends Side {
  readonly origin: Origin;
}

interface Wanted extends Side {
  readonly place: Place;
}

export function differenceOf(state: ModelState, declared: DeclaredModel): Difference {
  const standing = new Map(standingIn(state).map((item) => [keyOf(item), item]));
  const wanted = new Map(wantedBy(declared).map((item) => [keyOf(item), item]));
  const pairs = [...wanted].map(([key, want]) => ({ want, stands: standing.get(key) }));
  const having = (...origins: readonly Origin[]) =>
    pairs.flatMap(({ want, stands }) =>
      stands !== undefined && origins.includes(stands.origin) ? [{ want, stands }] : [],
    );
  const changes = having('declared', 'removed').map(({ want, stands }) => changeOf(stands, want));
  return {
    added: pairs.flatMap(({ want, stands }) => (stands === undefined ? [{ ...itemOf(want), after: want.fields }] : [])),
    changed: changes.filter(({ after }) => Object.keys(after).length > 0),
    removed: [...standing]
      .filter(([key, { origin }]) => origin === 'declared' && !wanted.has(key))
      .map(([, stands]) => ({ ...itemOf(stands), before: stands.fields })),
    putBack: having('removed').map(({ want }) => ({ ...itemOf(want), after: want.fields })),
    conflicts: having('made_here').map(({ want }) => ({ ...itemOf(want), place: want.place })),
  };
}

export const isDifferent = ({ added, changed, removed, putBack }: Difference): boolean =>
  added.length + changed.length + removed.length + putBack.length > 0;

/** `role editor`: no two kinds share one. */
export const keyOf = ({ kind, name }: Item): string => `${kind} ${name}`;
const itemOf = ({ kind, name }: Item): Item => ({ kind, name });

function changeOf(stands: Standing, want: Wanted): ItemChange {
  const keys = Object.keys(want.fields).filter((key) => !isDeepStrictEqual(stands.fields[key], want.fields[key]));
  const of = (fields: Fields) => Object.fromEntries(keys.map((key) => [key, fields[key] ?? null]));
  return { ...itemOf(want), before: of(stands.fields), after: of(want.fields) };
}

function standingIn({ permissions, roles, groups, clients }: ModelState): readonly Standing[] {
  return [
    ...permissions.map((each): Standing => ({ ...permissionSide(each), origin: each.origin })),
    ...roles.map((each): Standing => ({ ...roleSide(each), origin: each.origin })),
    ...groups.map((each): Standing => ({ ...groupSide(each), origin: each.origin })),
    ...[
      ...Map.groupBy(
        clients.filter(({ declared }) => declared),
        ({ clientId }) => clientId,
      ),
    ].map(
      ([clientId, rows]): Standing => ({
        ...clientSide({ clientId, roles: rows.map(({ role }) => role).sort(byCodePoint) }),
        origin: 'declared',
      }),
    ),
  ];
}

const wantedBy = ({ permissions, roles, groups, clients }: DeclaredModel): readonly Wanted[] => [
  ...permissions.map((each) => ({ ...permissionSide(each), place: each.place })),
  ...roles.map((each) => ({ ...roleSide(each), place: each.place })),
  ...groups.map((each) => ({ ...groupSide(each), place: each.place })),
  ...clients.map((each) => ({ ...clientSide(each), place: each.place })),
];

const permissionSide = (each: { resource: string; name: string; description: string }): Side => ({
  kind: 'permission',
  name: `${each.resource} ${each.name}`,
  fields: { description: each.description },
});

const roleSide = (each: DeclaredModel['roles'][number] | ModelState['roles'][number]): Side => ({
  kind: 'role',
  name: each.name,
  fields: {
    description: each.description,
    mfa: each.mfa,
    client: each.clientId ?? null,
    resource: each.resource ?? null,
    includes: each.includes,
    permissions: each.permissions.map(({ resource, name }) => `${resource} ${name}`),
  },
});

const groupSide = (each: { name: string; description: string; roles: readonly string[] }): Side => ({
  kind: 'group',
  name: each.name,
  fields: { description: each.description, roles: each.roles },
});

const clientSide = (each: { clientId: string; roles: readonly string[] }): Side => ({
  kind: 'client',
  name: each.clientId,
  fields: { roles: each.roles },
});
