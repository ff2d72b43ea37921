// Where each claim of a preview comes from: the protocol, a scope, an attribute, or what somebody was given, and how.
import type { Client } from '../../clients/client.ts';
import { type ClaimPlace, shownNames, topClaimOf } from '../../clients/rights/role-format.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import { countsAt, type Rights } from '../../roles/rights.ts';
import { visibleRoles } from '../../roles/visible-roles.ts';
import type { Way } from '../../roles/who-has.ts';
import { whyHeld } from '../../roles/why-held.ts';
import { claimsByScope } from '../claims.ts';

export type Origin =
  /** The same for everybody, or what was asked for. */
  | { readonly from: 'protocol' }
  | { readonly from: 'account' | 'profile'; readonly scope: string }
  | { readonly from: 'attribute'; readonly attribute: string; readonly scope: string }
  /** Names as the account has them; those that the app is told of. */
  | { readonly from: 'roles' | 'permissions' | 'groups'; readonly names: readonly string[] };

export interface RightSources {
  readonly roles: readonly RoleSource[];
  readonly groups: readonly string[];
  readonly permissions: readonly PermissionSource[];
}

export interface RoleSource {
  readonly role: string;
  readonly ways: readonly Way[];
  /** Which client or API it belongs to. */
  readonly clientId: string | undefined;
  readonly resource: string | undefined;
  /** Whether this app's file shows it; under which name. */
  readonly shownAs: string | undefined;
}

export interface PermissionSource {
  readonly permission: string;
  /** The audience of an API, or the app's client_id. */
  readonly resource: string;
  /** Roles that carry it and that count for this app; none: no token of it says so. */
  readonly through: readonly string[];
}

export async function rightSources(
  deps: { db: Db; clock: Clock },
  { accountId, client, rights, audience }: { accountId: string; client: Client; rights: Rights; audience: string },
): Promise<RightSources> {
  const ways = await whyHeld(deps, { accountId, held: rights });
  const counting = rights.scoped.filter((role) => countsAt(role, { clientId: client.clientId, audience }));
  const isShown = new Set(
    visibleRoles(
      counting.map(({ name }) => name),
      client.roles.include,
    ),
  );
  return {
    roles: rights.scoped.map(({ name, clientId, resource }) => ({
      role: name,
      ways: ways.get(name) ?? [],
      clientId,
      resource,
      shownAs: isShown.has(name) ? shownNames([name], client.roles)[0] : undefined,
    })),
    groups: rights.groups,
    permissions: permissionSources(rights, client, audience),
  };
}

function permissionSources(rights: Rights, { clientId }: Client, audience: string): readonly PermissionSource[] {
  const inPlace = (resource: string) =>
    new Set(
      rights.scoped
        .filter((role) => countsAt(role, { clientId, audience: resource === clientId ? undefined : resource }))
        .map(({ name }) => name),
    );
  return [clientId, audience].flatMap((resource) => {
    const counting = inPlace(resource);
    const here = rights.permitted.filter((each) => each.resource === resource);
    return [...new Set(here.map(({ permission }) => permission))].sort().map((permission) => ({
      permission,
      resource,
      through: here.filter((each) => each.permission === permission && counting.has(each.role)).map(({ role }) => role),
    }));
  });
}

interface Circumstances {
  readonly use: ClaimPlace;
  readonly client: Client;
  readonly config: Pick<Config, 'attributes'>;
  readonly scope: string;
  readonly sources: RightSources;
}

export const originsOf = (claims: Record<string, unknown>, given: Circumstances): Readonly<Record<string, Origin>> =>
  Object.fromEntries(Object.keys(claims).map((claim) => [claim, originOf(claim, given)]));

/** Of the account itself, not of its profile. */
const OF_ACCOUNT = ['email', 'email_verified', 'name', 'preferred_username', 'updated_at'];

function originOf(claim: string, { use, client, config, scope, sources }: Circumstances): Origin {
  if (claim === topClaimOf(client.roles)) return { from: 'roles', names: rolesAt(use, sources) };
  if (claim === 'groups') return { from: 'groups', names: sources.groups };
  if (claim === 'permissions') {
    const here = sources.permissions.filter(
      ({ resource, through }) => (resource === client.clientId) === (use !== 'access_token') && through.length > 0,
    );
    return { from: 'permissions', names: here.map(({ permission }) => permission) };
  }
  const lets = claimsByScope(config.attributes);
  const released = scope.split(' ').find((word) => word !== 'openid' && lets[word]?.includes(claim));
  if (released === undefined) return { from: 'protocol' };
  const attribute = [...config.attributes.values()].find((each) => each.claim === claim);
  if (attribute !== undefined) return { from: 'attribute', attribute: attribute.name, scope: released };
  return { from: OF_ACCOUNT.includes(claim) ? 'account' : 'profile', scope: released };
}

/** A role of an API stands in access tokens alone. */
const rolesAt = (use: ClaimPlace, { roles }: RightSources): readonly string[] =>
  roles
    .filter(({ shownAs, resource }) => shownAs !== undefined && (use === 'access_token' || resource === undefined))
    .map(({ role }) => role);
