// What the verbs about accounts are given.
import type { Config } from '../../config/config.ts';
import type { SealedBox } from '../../crypto/sealed-box.ts';
import type { AdministrationDeps } from '../administrator.ts';

/** For changes that people are told of by mail. */
export interface AccountDeps extends AdministrationDeps {
  readonly box: SealedBox;
  readonly config: Pick<Config, 'issuer' | 'limits' | 'registration' | 'attributes' | 'sessions'>;
}
