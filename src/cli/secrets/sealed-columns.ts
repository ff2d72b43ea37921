// Every column that holds something sealed under the master secret for longer than a sign-in takes.
import { sealedResetRequests } from '../../credentials/reset-requests.ts';
import type { SealedColumn } from '../../database/sealed-rows.ts';
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
