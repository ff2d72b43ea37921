// Scope → claims, and what an account puts into them (OpenID Connect Core sections 5.1 and 5.4).
import type { AccountClaims } from 'oidc-provider';
import type { Account } from '../accounts/account.ts';
import type { Client } from '../clients/client.ts';
import { epochSeconds } from '../clock.ts';
import type { Attribute } from '../config/config.ts';
import { attributeValue } from '../profiles/attribute-values.ts';
import { ADDRESS_MEMBERS, type ProfileClaims } from '../profiles/profile-claims.ts';
import type { Profile } from '../profiles/profiles.ts';
import type { Rights } from '../roles/rights.ts';
import { RIGHT_CLAIMS } from './rights/released.ts';
import { rightClaims } from './rights/right-claims.ts';

/**
 * What each scope of the standard lets through. acr, amr and auth_time are in every ID token. Those under `roles` and
 * `groups` are there for discovery: what an app reads of them is its own (rights/).
 */
const STANDARD_CLAIMS: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: [
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  roles: ['roles', 'permissions'],
  groups: ['groups'],
};

export function claimsByScope(attributes: ReadonlyMap<string, Attribute>): Record<string, string[]> {
  const byScope = Object.fromEntries(Object.entries(STANDARD_CLAIMS).map(([scope, claims]) => [scope, [...claims]]));
  for (const { scope, claim } of attributes.values()) byScope[scope] = [...(byScope[scope] ?? []), claim];
  return byScope;
}

/** Whether any of it comes out of the profile, so that nothing is read for apps that only sign people in. */
export const needsProfile = (scope: string): boolean =>
  scope.split(' ').some((word) => !['openid', 'email', 'roles', 'groups', 'offline_access', ''].includes(word));

export interface ClaimSource {
  readonly account: Account;
  readonly profile: Profile;
  /** All of them, before the client's filter. */
  readonly rights: Rights;
  readonly client: Client | undefined;
  /** As declared now. */
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** All that is known: the engine takes out of it what the granted scopes let through. */
export function claimsOf(source: ClaimSource, use: string, scope: string): AccountClaims {
  const { account, profile, rights, client } = source;
  const place = use === 'id_token' ? 'id_token' : 'userinfo';
  const ofRights = client === undefined ? {} : { [RIGHT_CLAIMS]: rightClaims(client, rights, { use: place, scope }) };
  if (use === 'id_token' && client?.scopeClaimsInIdToken === false) return { sub: account.id, ...ofRights };
  return {
    ...attributeClaims(source),
    ...profileClaims(profile.claims),
    ...ofRights,
    sub: account.id,
    ...(account.displayName === undefined ? {} : { name: account.displayName }),
    ...(account.username === undefined ? {} : { preferred_username: account.username }),
    updated_at: epochSeconds(account.updatedAt),
    email: account.email,
    email_verified: account.emailVerified,
  };
}

/** Section 5.1.1 groups an address; its members are stored beside the other claims. */
function profileClaims(stored: ProfileClaims): Record<string, unknown> {
  const { street_address, locality, region, postal_code, country, ...claims } = stored;
  const members = { street_address, locality, region, postal_code, country };
  const stated = ADDRESS_MEMBERS.flatMap((name) => (members[name] === undefined ? [] : [[name, members[name]]]));
  return {
    ...claims,
    // Nothing verifies a number yet.
    ...(claims.phone_number === undefined ? {} : { phone_number_verified: false }),
    ...(stated.length === 0 ? {} : { address: { formatted: formatted(stored), ...Object.fromEntries(stated) } }),
  };
}

/** As on an envelope, one part a line. */
const formatted = ({ street_address, locality, region, postal_code, country }: ProfileClaims): string =>
  [street_address, [postal_code, locality].filter(Boolean).join(' '), region, country].filter(Boolean).join('\n');

/** What does not fit its declaration is released to nobody. */
const attributeClaims = ({ profile, attributes }: ClaimSource): Record<string, unknown> =>
  Object.fromEntries(
    [...attributes.values()].flatMap((attribute) => {
      const value = Object.hasOwn(profile.attributes, attribute.name)
        ? attributeValue(attribute, profile.attributes[attribute.name])
        : undefined;
      return value === undefined ? [] : [[attribute.claim, value]];
    }),
  );
