// What becomes of a row: a new account, one that is there as the row says, or a reason why neither.
import { isDeepStrictEqual } from 'node:util';
import { isCurrentHash } from '../accounts/password-hash.ts';
import type { Existing, Surroundings } from './existing.ts';
import type { Given } from './given.ts';
import type { Incoming } from './incoming.ts';

export type Verdict =
  | { readonly verdict: 'new' }
  | { readonly verdict: 'unchanged' }
  /** It says something else of an account that there is: names of fields. */
  | { readonly verdict: 'differs'; readonly existing: Existing; readonly fields: readonly string[] }
  | { readonly verdict: 'refused'; readonly problem: string };

export function verdictOn(row: Incoming, around: Surroundings): Verdict {
  const byEmail = around.byEmail(row.email.key);
  const byUsername = row.username === undefined ? undefined : around.byUsername(row.username.key);
  const meant = row.id === undefined ? byEmail : around.byId(row.id);
  if (byUsername !== undefined && byUsername !== meant) return taken('username', byUsername);
  if (byEmail !== undefined && byEmail !== meant) return taken('email', byEmail);
  if (meant === undefined) return row.id === undefined ? { verdict: 'new' } : verdictOnId(row.id, around);
  const fields = differences(row, meant);
  return fields.length === 0 ? { verdict: 'unchanged' } : { verdict: 'differs', existing: meant, fields };
}

const taken = (field: string, { account }: Existing): Verdict => ({
  verdict: 'refused',
  problem: `${field}: belongs to the account ${account.id}`,
});

function verdictOnId(id: string, { retired, clients }: Surroundings): Verdict {
  if (retired.has(id)) {
    return { verdict: 'refused', problem: 'sub: was that of an account that has been deleted, and is not given again' };
  }
  if (!clients.has(id)) return { verdict: 'new' };
  return { verdict: 'refused', problem: 'sub: is the client_id of an app, which tokens of the app have as sub' };
}

/**
 * Only what the row says counts. What has happened here since is none: an address that was verified, a role that was
 * given besides, a password that was used, and is hashed anew by that.
 */
function differences(row: Incoming, { account, passwordHash, profile, roles, groups }: Existing): string[] {
  const says = (value: unknown, kept: unknown) => value !== undefined && !isDeepStrictEqual(value, kept);
  const hash = passwordHash ?? '';
  const checks: readonly (readonly [field: string, differs: boolean])[] = [
    ['email', says(row.email.address, account.email)],
    ['email_verified', row.emailVerified === true && !account.emailVerified],
    ['username', says(row.username?.username, account.username)],
    ['name', says(row.displayName, account.displayName)],
    ['status', says(row.status, account.status)],
    ['password_hash', says(row.passwordHash, passwordHash) && !isCurrentHash(hash)],
    ['roles', row.roles.some((given) => lacks(roles, given))],
    ['groups', row.groups.some((given) => lacks(groups, given))],
    ...Object.entries(row.claims).map(([claim, value]) => {
      return [`profile.${claim}`, says(value, (profile.claims as Record<string, unknown>)[claim])] as const;
    }),
    ...Object.entries(row.attributes).map(([name, value]) => {
      return [`attributes.${name}`, says(value, profile.attributes[name])] as const;
    }),
  ];
  return checks.filter(([, differs]) => differs).map(([field]) => field);
}

const lacks = (held: ReadonlyMap<string, Date | undefined>, { name, expiresAt }: Given): boolean =>
  !held.has(name) || held.get(name)?.getTime() !== expiresAt?.getTime();
