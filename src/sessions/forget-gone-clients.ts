// Ends what people have granted to apps whose client files have been missing for a day.
import { clientsMissingFor, forgetClient } from '../clients/live/known-clients.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { revokeGrantsOfClient } from '../protocol-store/payloads.ts';
import { forgetAppSignInsAt } from './app-sign-ins.ts';
import { forgetConsentsTo } from './consents.ts';

/** 24 hours: a file that vanishes while it is saved, moved or mounted costs nobody a sign-in. */
const KEPT_SECONDS = 86_400;

/** Few enough that no transaction holds many locks for long. */
const BATCH_GRANTS = 200;

export interface ForgottenClient {
  readonly clientId: string;
  readonly grants: number;
}

/**
 * Revokes the grants and forgets the consents, so that another app under the same name starts with nothing. Safe to
 * run in several processes, and to be interrupted: the client is forgotten when nothing of it is left.
 */
export async function forgetGoneClients(deps: StoreDeps): Promise<readonly ForgottenClient[]> {
  const forgotten: ForgottenClient[] = [];
  for (const clientId of await clientsMissingFor(deps, KEPT_SECONDS)) {
    const grants = await revokeAllGrants(deps, clientId);
    await forgetConsentsTo(deps.db, clientId);
    await forgetAppSignInsAt(deps.db, clientId);
    await forgetClient(deps, clientId);
    forgotten.push({ clientId, grants });
  }
  return forgotten;
}

async function revokeAllGrants(deps: StoreDeps, clientId: string): Promise<number> {
  let revoked = 0;
  for (;;) {
    const count = await revokeGrantsOfClient(deps, { clientId, batch: BATCH_GRANTS });
    revoked += count;
    if (count < BATCH_GRANTS) return revoked;
  }
}
