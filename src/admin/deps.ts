// What the pages of the console are given.
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { PasswordRules } from '../accounts/password-rules.ts';
import type { LiveClients } from '../clients/live/live-clients.ts';
import type { Logger } from '../observability/logger.ts';
import type { PlaceOf } from '../places/places.ts';
import type { PreviewDeps } from '../provider/preview/preview-claims.ts';
import type { SignedInDeps } from '../signed-in/deps.ts';

/** What the server gives them. */
export interface AdminParts extends Omit<SignedInDeps, 'isPage'> {
  /** The clients of the files, and how reading them went. */
  readonly live: LiveClients;
  readonly placeOf: PlaceOf;
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
  /** For previews of claims. */
  readonly provider: PreviewDeps['provider'];
  readonly log: Logger;
  /** After keys were changed: this process uses them at once. */
  readonly followKeys: () => Promise<void>;
}

export type AdminDeps = AdminParts & SignedInDeps;
