// What the verbs of this room are given.
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';

/** For changes that people are told of. */
export interface ChangeDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  /** Links in mails are made from the issuer. */
  readonly config: Pick<Config, 'issuer' | 'limits'>;
}

/** For whatever checks or makes codes. */
export interface FactorDeps extends ChangeDeps {
  readonly hasher: PasswordHasher;
}
