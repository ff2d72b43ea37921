// What the pages of the account centre are given.
import type Koa from 'koa';
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { PasswordRules } from '../accounts/password-rules.ts';
import type { ClientRegistry } from '../clients/client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import type { Csrf } from '../http/csrf.ts';
import type { Logger } from '../observability/logger.ts';
import type { PlaceOf } from '../places/places.ts';
import type { BrowserSession } from '../provider/browser-session.ts';
import type { SignedInDeps } from '../signed-in/deps.ts';

/** What the server gives them. */
export interface AccountParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly db: Db;
  /** With the built-in client. */
  readonly clients: () => ClientRegistry;
  readonly browserSession: (ctx: Koa.Context) => Promise<BrowserSession | undefined>;
  readonly placeOf: PlaceOf;
  /** A new identifier for the session of this browser; the old one opens nothing any more. */
  readonly renewSession: (ctx: Koa.Context) => Promise<void>;
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
  readonly box: SealedBox;
  readonly csrf: Csrf;
  readonly log: Logger;
}

export interface AccountDeps extends AccountParts, SignedInDeps {
  readonly log: Logger;
}
