// What the verbs of this room are given.
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { Clock } from '../clock.ts';
import type { LimitsConfig } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';

/** For changes that people are told of. */
export interface ChangeDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  /** Links in mails are made from it. */
  readonly issuer: string;
}

/** For whatever checks or makes codes. */
export interface FactorDeps extends ChangeDeps {
  readonly hasher: PasswordHasher;
  readonly limits: LimitsConfig;
}
