// The limits as they are without a configuration.
import type { LimitsConfig } from '../../src/config/config.ts';

export const DEFAULT_LIMITS: LimitsConfig = {
  signInFailures: 10,
  signInWindowSeconds: 900,
  accountFailures: 100,
  accountWindowSeconds: 86_400,
  networkAccounts: 20,
  networkWindowSeconds: 3600,
  networkBlockSeconds: 3600,
  alarmFailures: 200,
  alarmWindowSeconds: 300,
  secondFactorFailures: 5,
  secondFactorWindowSeconds: 900,
  mailsPerRecipient: 3,
  mailsPerNetwork: 5,
  signUpsPerNetwork: 10,
  parallelHashes: 0,
  hashQueue: 50,
};
