// What the engine would refuse at somebody's first sign-in stops the start instead.
import { expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { ConfigurationInvalid } from '../../../src/config/problem.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { compose, type Given } from '../../../src/server/compose.ts';
import { configFiles, DEVELOPMENT } from '../../support/config-files.ts';
import { openTestDatabase } from '../../support/database.ts';
import { movingClock } from '../../support/moving-clock.ts';

test('a client that passed our checks and not the engine’s is named with its file and line', async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  const { cwd } = configFiles({
    'config/clients/app.yaml': `client_id: app\npreset: spa\nredirect_uris: [https://app.test/cb]\n`,
  });
  const { config, clients } = loadConfiguration({ env: { ...DEVELOPMENT, GATEHOUSE_DATA_DIR: database.dataDir }, cwd });
  const app = clients.get('app');
  if (app === undefined) throw new Error('the client did not load');
  const odd = new Map([['app', { ...app, redirectUris: ['not an address'] }]]);
  const log = createLogger({ level: 'silent', format: 'json' });
  const live = { current: () => odd, status: () => ({}) } as unknown as Given['clients'];
  const starting = compose({ config, clients: live, clock: movingClock, log, database });
  await expect(starting).rejects.toThrow(ConfigurationInvalid);
  await expect(starting).rejects.toThrow(
    /clients\/app\.yaml:1 .*the protocol engine refuses this client: redirect_uris/,
  );
});
