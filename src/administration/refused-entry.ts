// Who is at a door of the administration, and may not pass it: written down, though not each time.
import { recordEvent } from '../audit/audit-log.ts';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import { atomically } from '../database/atomically.ts';
import { reachesLimit } from '../limits/counters.ts';
import { knownAccount, refusedEntryLimit } from '../limits/limits.ts';
import { type AdministrationDeps, type Administrator, actorOf } from './administrator.ts';

/** Whoever is refused at a page of the console, or at an operation of the API, before anything is done. */
export interface RefusedEntry {
  readonly by: Exclude<Administrator, { kind: 'operator' }>;
  readonly needs: ProductPermission | 'any';
}

/** The first of an hour, of each of them and for each permission: nobody fills the table by asking again. */
export async function recordRefusedEntry(deps: AdministrationDeps, { by, needs }: RefusedEntry): Promise<void> {
  const limit = refusedEntryLimit(who(by), needs);
  await atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    if (!(await reachesLimit(inside, limit.key, limit))) return;
    await recordEvent(inside, {
      event: 'administration.refused',
      ...(by.kind === 'account' ? { accountId: by.accountId } : { clientId: by.clientId }),
      actor: actorOf(by),
      source: by.source,
      outcome: 'failure',
      details: { action: by.kind === 'account' ? 'console.enter' : 'api.call', needs, reason: 'forbidden' },
    });
  });
}

const who = (by: RefusedEntry['by']): string =>
  by.kind === 'account' ? `account:${knownAccount(by.accountId)}` : `client:${by.clientId}`;
