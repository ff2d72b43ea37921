// An account that is there becomes what its row says, as far as an import may change it. Nothing is taken away.

import { markEmailVerified, renewPasswordHash, setDisplayName, setUsername } from '../accounts/accounts.ts';
import { isIdentifierTaken } from '../accounts/taken.ts';
import { type AuditDeps, recordEvent } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { lockProfile, storeProfile } from '../profiles/profiles.ts';
import type { Existing } from './existing.ts';
import { give } from './give.ts';
import type { Incoming } from './incoming.ts';

export type Update = { readonly outcome: 'updated' } | { readonly outcome: 'refused'; readonly problem: string };

/** Who somebody is, and whether they may come in, is changed by commands of their own. */
const NOT_CHANGED: readonly string[] = ['email', 'status'];

export async function updateAccount(
  deps: AuditDeps,
  { row, existing, fields }: { row: Incoming; existing: Existing; fields: readonly string[] },
  { dryRun }: { dryRun: boolean },
): Promise<Update> {
  const kept = fields.filter((field) => NOT_CHANGED.includes(field));
  if (kept.length > 0) return { outcome: 'refused', problem: `an import does not change ${kept.join(' and ')}` };
  if (dryRun) return { outcome: 'updated' };
  try {
    await atomically(deps.db, (db) => change({ ...deps, db }, { row, existing, fields }));
    return { outcome: 'updated' };
  } catch (error) {
    if (!isIdentifierTaken(error)) throw error;
    return { outcome: 'refused', problem: 'the username has just been taken' };
  }
}

async function change(
  deps: AuditDeps,
  { row, existing, fields }: { row: Incoming; existing: Existing; fields: readonly string[] },
): Promise<void> {
  const accountId = existing.account.id;
  const named = (field: string) => fields.includes(field);
  if (named('email_verified')) await markEmailVerified(deps, { accountId, emailKey: row.email.key });
  if (named('username')) await setUsername(deps, { accountId, username: row.username });
  if (named('name')) await setDisplayName(deps, { accountId, displayName: row.displayName });
  if (named('password_hash')) {
    await renewPasswordHash(deps.db, { accountId, verified: existing.passwordHash, renewed: row.passwordHash });
  }
  if (fields.some((field) => /^(?:profile|attributes)\./.test(field))) {
    const { claims, attributes } = await lockProfile(deps, accountId);
    await storeProfile(deps, accountId, {
      claims: { ...claims, ...row.claims },
      attributes: { ...attributes, ...row.attributes },
    });
  }
  await give(deps, [{ accountId, row }]);
  await recordEvent(deps, {
    event: 'account.changed',
    accountId,
    actor: 'operator',
    details: { after: { imported: [...fields] } },
  });
}
