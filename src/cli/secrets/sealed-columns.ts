// Every column that holds something sealed under the master secret for longer than a sign-in takes.
import { sealedResetRequests } from '../../credentials/reset-requests.ts';
import type { SealedBox } from '../../crypto/sealed-box.ts';
import type { Db } from '../../database/database.ts';
import { countSealedOtherwise, type SealedColumn } from '../../database/sealed-rows.ts';
import { sealedSigningKeys } from '../../keys/signing-keys.ts';
import { sealedMails } from '../../mail/outbox.ts';
import { sealedRegistrations } from '../../registrations/registrations.ts';
import { sealedTotpSecrets } from '../../second-factors/totp-secrets.ts';
import { sealedServerSecrets } from '../../server/server-state.ts';

export const SEALED_COLUMNS: readonly SealedColumn[] = [
  sealedSigningKeys,
  sealedTotpSecrets,
  sealedMails,
  sealedRegistrations,
  sealedResetRequests,
  sealedServerSecrets,
];

/** More are not counted. */
const MOST_COUNTED = 10_000;

/** Rows that the secret in force has not sealed. */
export async function countLeft(deps: { readonly db: Db; readonly box: SealedBox }): Promise<{
  readonly left: number;
  readonly orMore: boolean;
}> {
  const counts = await Promise.all(SEALED_COLUMNS.map((column) => countSealedOtherwise(deps, column, MOST_COUNTED)));
  return { left: counts.reduce((sum, each) => sum + each, 0), orMore: counts.includes(MOST_COUNTED) };
}
