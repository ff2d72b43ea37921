// Scope → claims, and what an account puts into them (OpenID Connect Core sections 5.1 and 5.4).
import type { AccountClaims } from 'oidc-provider';
import type { Account } from '../accounts/account.ts';
import type { Client } from '../clients/client.ts';
import { epochSeconds } from '../clock.ts';
import { visibleRoles } from '../roles/visible-roles.ts';

/**
 * What each scope lets through. `roles` stands under openid as well: whether it is filled in is decided below, because
 * apps of the house (`consent: skip`) get it without asking. acr, amr and auth_time are in every ID token.
 */
export const CLAIMS_BY_SCOPE = {
  openid: ['sub', 'roles', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'preferred_username', 'updated_at'],
  email: ['email', 'email_verified'],
  roles: ['roles'],
};

export function claimsOf(
  { account, roles, client }: { account: Account; roles: readonly string[]; client: Client | undefined },
  use: string,
  scope: string,
): AccountClaims {
  const visible = client === undefined ? undefined : rolesFor(client, { roles, scope });
  const roleClaim = visible === undefined ? {} : { roles: visible };
  if (use === 'id_token' && client?.scopeClaimsInIdToken === false) return { sub: account.id, ...roleClaim };
  return {
    sub: account.id,
    ...roleClaim,
    ...(account.displayName === undefined ? {} : { name: account.displayName }),
    ...(account.username === undefined ? {} : { preferred_username: account.username }),
    updated_at: epochSeconds(account.updatedAt),
    email: account.email,
    email_verified: account.emailVerified,
  };
}

/** The roles this client sees; undefined if it sees none at all because the person was not asked for them. */
export function rolesFor(
  client: Client,
  { roles, scope }: { roles: readonly string[]; scope: string },
): string[] | undefined {
  const allowed = client.consent === 'skip' || scope.split(' ').includes('roles');
  return allowed ? visibleRoles(roles, client.roles.include) : undefined;
}
