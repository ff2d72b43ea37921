// What a token, userinfo or introspection says of a person's roles, permissions and groups, as the app wants to read it.
import type { Client } from '../../clients/client.ts';
import { type ClaimPlace, roleClaim, shownNames, topClaimOf } from '../../clients/rights/role-format.ts';
import { PRODUCT_RESOURCE } from '../../config/roles/product-permissions.ts';
import { countsAt, type Place, permissionsAt, type Rights } from '../../roles/rights.ts';
import { visibleRoles } from '../../roles/visible-roles.ts';

/** Where it stands, and with which scope. */
export interface Occasion {
  readonly use: ClaimPlace;
  readonly scope: string;
  /** Of an access token. */
  readonly audience?: string | undefined;
}

/**
 * Roles and permissions come with the scope `roles`, groups with the scope `groups`; to apps of the house (`consent:
 * skip`) both come unasked. A list is empty, not absent, where the app may see it; permissions are absent where nobody
 * has given the resource any.
 */
export function rightClaims(client: Client, rights: Rights, occasion: Occasion): Record<string, unknown> {
  const words = occasion.scope.split(' ');
  const sees = (scope: string) => client.consent === 'skip' || words.includes(scope);
  const permissions = permissionsAt(rights, placeOf(client, occasion));
  const claims: Record<string, unknown> = {
    ...(sees('groups') ? { groups: [...rights.groups] } : {}),
    ...(sees('roles') && permissions !== undefined ? { permissions: [...permissions] } : {}),
  };
  // An app that reads its roles there finds nothing else there, in no token.
  delete claims[topClaimOf(client.roles)];
  if (!sees('roles') || !client.roles.in.includes(occasion.use)) return claims;
  return { ...claims, ...roleClaim(shownNames(rolesSeen(client, rights, occasion), client.roles), client.roles) };
}

/** The same of a client that acts for itself: nobody has to be asked, and it is in no groups. */
export const ownRightClaims = (client: Client, rights: Rights, audience: string | undefined): Record<string, unknown> =>
  rightClaims(client, rights, { use: 'access_token', scope: 'roles', audience });

/** By the names they have here. */
export const rolesSeen = (client: Client, rights: Rights, occasion: Pick<Occasion, 'use' | 'audience'>): string[] => {
  const place = placeOf(client, occasion);
  const names = rights.scoped.filter((role) => countsAt(role, place)).map(({ name }) => name);
  return visibleRoles(names, client.roles.include);
};

const placeOf = ({ clientId }: Client, { use, audience }: Pick<Occasion, 'use' | 'audience'>): Place => ({
  clientId,
  audience: use === 'access_token' ? audience : undefined,
});

/** What a client's tokens can say something about: the app itself, and the APIs it gets tokens for; not this very server. */
export const resourcesOf = (client: Client, defaultAudience: string): readonly string[] => [
  ...new Set(
    [client.clientId, defaultAudience, ...client.resources.keys()].filter((each) => each !== PRODUCT_RESOURCE),
  ),
];
