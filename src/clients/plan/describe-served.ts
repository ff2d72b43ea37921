// A whole configuration as a plan compares it: clients, settings, and what tells whether secrets can be compared.

import type { Config } from '../../config/config.ts';
import { describeSettings } from '../../config/effective/settings.ts';
import { readEnvironment } from '../../config/environment.ts';
import type { Surroundings } from '../../config/load.ts';
import { deriveKey } from '../../crypto/derived-keys.ts';
import type { ClientRegistry } from '../client.ts';
import type { Served } from '../live/served-configurations.ts';
import { describeClients, fingerprint } from './describe-client.ts';

export type DescribedConfiguration = Pick<Served, 'clients' | 'settings'>;

export function describeConfiguration(
  { config, clients }: { config: Config; clients: ClientRegistry },
  surroundings: Surroundings,
): DescribedConfiguration {
  const key = fingerprintKey(config);
  return {
    clients: describeClients(clients, key),
    settings: {
      values: describeSettings(config),
      variables: [...readEnvironment(surroundings).stated].sort(),
      apis: Object.fromEntries([...config.resources].map(([audience, { scopes }]) => [audience, [...scopes.keys()]])),
      fingerprintKey: fingerprint(key, 'gatehouse'),
    },
  };
}

export const fingerprintKey = ({ masterSecret }: Pick<Config, 'masterSecret'>): Buffer =>
  deriveKey(masterSecret, 'fingerprints');
