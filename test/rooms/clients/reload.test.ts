// What becomes of changed files, with the engine's part in the test's hands.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ClientRegistry } from '../../../src/clients/client.ts';
import { changesBetween, createLiveClients } from '../../../src/clients/live/live-clients.ts';
import { createReload, type ReloadNews } from '../../../src/clients/live/reload.ts';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { ConfigurationInvalid } from '../../../src/config/problem.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { configFiles, DEVELOPMENT } from '../../support/config-files.ts';
import { clientWith, clientYaml } from './client-files.ts';

const NOW = new Date('2027-01-01T00:00:00Z');

function running(
  validate: (clients: ClientRegistry) => Promise<void> = async () => undefined,
  onNews: (news: ReloadNews) => Promise<void> = async () => undefined,
) {
  const place = { env: DEVELOPMENT, ...configFiles({ 'config/clients/app.yaml': clientYaml('spa', '') }) };
  const { config, clients } = loadConfiguration(place);
  const live = createLiveClients(clients);
  const lines: Record<string, unknown>[] = [];
  const log = createLogger(
    { level: 'info', format: 'json' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  const clock = { now: () => NOW, shiftSeconds: 0 };
  const reload = createReload(
    { config, live, clock, log, validate, onNews, applyRoles: async () => ({ outcome: 'unchanged' }) },
    place,
  );
  const file = path.join(place.cwd, 'config/clients/app.yaml');
  return {
    ...reload,
    live,
    lines,
    cwd: place.cwd,
    write: (more: string) => writeFileSync(file, clientYaml('spa', more)),
    nameNow: () => live.current().get('app')?.clientName,
  };
}

describe('a set of files', () => {
  test('that has not changed is not loaded, and nothing is said', async () => {
    let checked = 0;
    const { check, lines } = running(async () => {
      checked += 1;
    });
    await check();
    await check();
    await check();
    expect({ checked, lines }).toEqual({ checked: 1, lines: [] });
  });

  test('whose reading breaks off is news once, however often it is tried, and again after it went well', async () => {
    const news: ReloadNews[] = [];
    let isBroken = false;
    const { check, write } = running(
      async () => {
        if (isBroken) throw new TypeError('no such thing');
      },
      async (each) => void news.push(each),
    );
    await check();
    const breaks = async (name: string) => {
      isBroken = true;
      write(`client_name: ${name}`);
      for (let tries = 0; tries < 3; tries += 1) await check();
      isBroken = false;
      await check();
    };
    await breaks('Shop');
    await breaks('Store');
    const brokeOff = { outcome: 'refused', file: 'clients', problems: ['broke off: TypeError; the log says more'] };
    expect(news).toMatchObject([brokeOff, { outcome: 'replaced' }, brokeOff, { outcome: 'replaced' }]);
  });

  test('that the engine refuses is not put in force, and is told like any other problem', async () => {
    const { check, write, live, lines, nameNow } = running(async (clients) => {
      const source = clients.get('app')?.source ?? { file: '', line: 0 };
      if (clients.get('app')?.clientName !== 'Refused') return;
      throw new ConfigurationInvalid([{ ...source, path: '', message: 'the protocol engine refuses this client: no' }]);
    });
    await check();
    write('client_name: Refused');
    await check();
    expect(nameNow()).toBe('app');
    expect(live.status()).toEqual({
      clients: 'outdated',
      problems: 1,
      since: NOW,
      server: 'current',
      roles: 'current',
    });
    expect(lines).toEqual([
      expect.objectContaining({
        event: 'clients.reload_failed',
        problems: ['config/clients/app.yaml:1  the protocol engine refuses this client: no'],
      }),
    ]);
    write('');
    await check();
    expect(live.status()).toEqual({ clients: 'current', server: 'current', roles: 'current' });
    expect(lines.at(-1)).toMatchObject({ event: 'clients.unchanged' });
  });

  test('whose check breaks down is tried again at the next look', async () => {
    let broken = true;
    const { check, write, nameNow, lines } = running(async () => {
      if (broken) throw new Error('out of something');
    });
    write('client_name: New');
    await check();
    expect(nameNow()).toBe('app');
    expect(lines).toEqual([expect.objectContaining({ event: 'clients.reload_failed', level: 'error' })]);
    broken = false;
    await check();
    expect(nameNow()).toBe('New');
  });

  test('is loaded once for many events at once, and never while another is being checked', async () => {
    let inside = 0;
    let most = 0;
    let checked = 0;
    const { check, write, nameNow, idle } = running(async () => {
      inside += 1;
      checked += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
    });
    write('client_name: One');
    const looks = Array.from({ length: 20 }, () => check());
    await looks[0];
    write('client_name: Two');
    void check();
    void check({ asked: true });
    await idle();
    expect({ most, checked, name: nameNow() }).toEqual({ most: 1, checked: 3, name: 'Two' });
  });

  test('brings warnings that are new, and those only', async () => {
    const { check, lines, cwd } = running();
    await check();
    const secret = (expires: string) =>
      `client_id: web\npreset: web\nredirect_uris: [https://a.test/cb]\nclient_secrets:\n  - value: kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e\n    expires: ${expires}\n`;
    const file = path.join(cwd, 'config/clients/web.yaml');
    for (const expires of ['2020-01-01', '2020-02-02', '2030-01-01']) {
      writeFileSync(file, secret(expires));
      await check();
    }
    rmSync(file);
    await check();
    expect(lines.map(({ event }) => event)).toEqual([
      'clients.reloaded',
      'configuration.warning',
      'clients.reloaded',
      'clients.reloaded',
      'clients.reloaded',
    ]);
  });
});

test('clients are the same wherever they stand in their files, and changed when anything else is', () => {
  const registry = (lines: string) => new Map([['app', clientWith('web', lines)]]);
  const before = registry('');
  expect(changesBetween(before, registry('# moved by a line'))).toEqual({ added: [], changed: [], removed: [] });
  for (const lines of [
    'client_name: Other',
    'redirect_uris: [https://app.test/other]',
    'client_secrets: [{value: another-secret-of-32-characters-0}]',
    'resources: {"https://api.test": [read]}',
    'consent: skip',
  ]) {
    expect(changesBetween(before, registry(lines)).changed).toEqual(['app']);
  }
});
