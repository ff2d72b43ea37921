// The files in config/ work as they are in development, and production refuses what is for show.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientSecretMatches } from '../../../src/clients/client-secret.ts';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { ConfigurationInvalid } from '../../../src/config/problem.ts';
import { configFiles, DEVELOPMENT, linesOf, PRODUCTION } from '../../support/config-files.ts';

const repository = join(import.meta.dirname, '../../..');
const NOW = new Date('2027-01-01T00:00:00Z');

/** Copies a directory of the repository to a place of its own, so that no data directory appears there. */
function copyOf(directory: string, to: string) {
  const { cwd } = configFiles({});
  cpSync(join(repository, directory), join(cwd, to), { recursive: true });
  return { cwd };
}

describe('the demo', () => {
  test('loads in development and knows its client', () => {
    const { config, clients } = loadConfiguration({ env: DEVELOPMENT, ...copyOf('config', 'config') });
    const shop = clients.get('shop');
    expect(config).toMatchObject({ issuer: 'http://localhost:3000', accounts: { mfa: 'required' } });
    expect(config.resources.get('https://api.shop.example')?.name).toBe('Shop API');
    expect(shop).toMatchObject({
      clientName: 'Demo Shop',
      redirectUris: ['http://localhost:3001/callback'],
      postLogoutRedirectUris: ['http://localhost:3001/'],
      consent: 'ask',
      roles: { include: ['vendor', 'shop-admin'] },
      logoFile: expect.stringMatching(/shop\.svg$/),
    });
    expect(shop && clientSecretMatches(shop, 'gatehouse-demo-shop-secret-only-for-development', NOW)).toBe(true);
  });

  test('follows the shop to another address', () => {
    const env = { ...DEVELOPMENT, SHOP_URL: 'http://127.0.0.1:8081' };
    const { clients } = loadConfiguration({ env, ...copyOf('config', 'config') });
    expect(clients.get('shop')?.redirectUris).toEqual(['http://127.0.0.1:8081/callback']);
  });

  test('does not start in production', () => {
    const files = copyOf('config', 'config');
    const start = () => loadConfiguration({ env: PRODUCTION, ...files });
    expect(start).toThrow(ConfigurationInvalid);
    expect(start).toThrow(/config\/clients\/shop\.yaml:\d+ {2}client_secrets\[0\]\.value: stands in clear/);
  });
});

describe('the example clients', () => {
  const env = {
    ...PRODUCTION,
    WEB_APP_SECRET: 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e',
    ADMIN_SERVICE_SECRET: 'Yv7Ut6Sr5Qp4On3Ml2Kj1Ih0Gf9EdZx8',
    SERVICE_SECRET: 'Zx8Wv7Ut6Sr5Qp4On3Ml2Kj1Ih0Gf9Ed',
  };

  test('load in production', () => {
    const { clients, warnings } = loadConfiguration({ env, ...copyOf('config/clients.example', 'config/clients') });
    expect([...clients.keys()]).toEqual(['admin-service', 'native-app', 'service', 'spa', 'web-app']);
    expect(linesOf(warnings)).toEqual([]);
  });

  test('say the truth about the defaults of a web app', () => {
    const { clients } = loadConfiguration({ env, ...copyOf('config/clients.example', 'config/clients') });
    const smallest = configFiles({
      'config/clients/web-app.yaml':
        'client_id: web-app\npreset: web\nredirect_uris: [https://app.example.com/callback]\nclient_secrets: [{env: WEB_APP_SECRET}]\n',
    });
    const stated = {
      clientName: 'Web App',
      postLogoutRedirectUris: ['https://app.example.com/'],
      roles: expect.objectContaining({ include: ['*'], claim: 'roles', as: 'array' }),
      clientUri: 'https://app.example.com/',
      policyUri: 'https://app.example.com/privacy',
      tosUri: 'https://app.example.com/terms',
      source: clients.get('web-app')?.source,
    };
    expect(clients.get('web-app')).toEqual({
      ...loadConfiguration({ env, ...smallest }).clients.get('web-app'),
      ...stated,
    });
  });
});
