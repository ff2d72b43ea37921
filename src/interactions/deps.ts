// What the pages of a sign-in are given.
import type { Provider } from 'oidc-provider';
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { PasswordRules } from '../accounts/password-rules.ts';
import type { ClientRegistry } from '../clients/client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import type { Csrf } from '../http/csrf.ts';
import type { Logger } from '../observability/logger.ts';

export interface InteractionDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly db: Db;
  readonly clients: () => ClientRegistry;
  readonly provider: () => Provider;
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
  readonly box: SealedBox;
  readonly csrf: Csrf;
  readonly log: Logger;
}
