// What may have been spent or revoked after a backup was made cannot be told from what was not: none of it is good any more.
import { postponeDeletions } from '../accounts/accounts.ts';
import { voidAllMailedTokens } from '../accounts/mailed-tokens.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import { voidResetRequests } from '../credentials/reset-requests.ts';
import type { Db } from '../database/database.ts';
import { trustNoDevice } from '../devices/devices.ts';
import { voidSetupLinks } from '../first-administrator/setup-link.ts';
import { dropUnsentMails } from '../mail/outbox.ts';
import { voidAllPayloads } from '../protocol-store/payloads.ts';
import { refuseTokensUntil } from '../protocol-store/revoked-tokens.ts';
import { voidRegistrations } from '../registrations/registrations.ts';
import { lastStepAt } from '../second-factors/totp.ts';
import { spendStepsUntil } from '../second-factors/totp-secrets.ts';
import { forgetSessionDetails } from '../sessions/session-details.ts';
import { voidWaiting } from '../sign-in-codes/sign-in-codes.ts';

/** In which somebody can see to accounts that were kept since the backup, where they are being deleted again. */
const LEAST_SECONDS_TO_DELETION = 7 * 86_400;

/** In the caller's transaction: whoever can use the database again finds all of it done. */
export async function voidWhatWasIssued(tx: Db, clock: Clock): Promise<void> {
  // Sessions, sign-ins under way, codes, grants, refresh tokens, pushed requests.
  await voidAllPayloads(tx);
  await forgetSessionDetails(tx);
  // Access tokens are in no table.
  await refuseTokensUntil({ db: tx, clock }, epochSeconds(clock.now()));
  await voidAllMailedTokens(tx);
  await voidResetRequests(tx);
  await voidRegistrations(tx);
  await voidWaiting(tx);
  await voidSetupLinks(tx);
  // They carry links and codes that are void now, and those that were sent since would be sent again.
  await dropUnsentMails(tx);
  await trustNoDevice(tx);
  await postponeDeletions({ db: tx, clock }, { seconds: LEAST_SECONDS_TO_DELETION });
  await spendStepsUntil(tx, lastStepAt(clock.now()));
}
