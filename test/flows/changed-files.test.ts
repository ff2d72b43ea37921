// What became of changed configuration files is in the audit log: values before and after, and no secret.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type EventFilters, searchEvents } from '../../src/audit/search-events.ts';
import { hashClientSecret, sha256 } from '../../src/clients/client-secret.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

/** Oldest first. */
const eventsOf = async (filters: EventFilters, { database: { db } }: TestServer) =>
  [...(await searchEvents(db, { filters, limit: 1000 })).events].reverse();

const SOON = { timeout: 15_000, interval: 50 };

async function withFiles() {
  const own = await startTestServer();
  onTestFinished(() => own.stop());
  const edit = (name: string, change: (yaml: string) => string) => {
    const file = path.join(own.configDir, name);
    writeFileSync(`${file}.draft`, change(readFileSync(file, 'utf8')));
    renameSync(`${file}.draft`, file);
  };
  const told = async () =>
    (await eventsOf({ event: 'configuration.' }, own)).map(({ event, subject, outcome, details }) => ({
      event,
      subject,
      outcome,
      ...details,
    }));
  const next = async (number: number): Promise<Record<string, unknown>> => {
    await expect.poll(async () => (await told()).length, SOON).toBe(number);
    return (await told())[number - 1] ?? {};
  };
  return { own, edit, next };
}

test('an operator finds who the server became: begun, keys made, an app renamed, a mistake, and mended again', async () => {
  const { own, edit, next } = await withFiles();
  expect((await eventsOf({ actor: 'server' }, own)).map(({ event }) => event)).toEqual([
    ...['keys.made', 'keys.made', 'keys.made'],
    'server.started',
  ]);
  edit('clients/web.yaml', (yaml) => yaml.replace('Web App', 'Shop'));
  expect(await next(1)).toEqual({
    event: 'configuration.reloaded',
    ...{ subject: 'configuration:clients', outcome: 'success', process: expect.stringMatching(/:\d+$/) },
    ...{ added: [], changed: ['web'], removed: [] },
    before: { web: { client_name: 'Web App' } },
    after: { web: { client_name: 'Shop' } },
  });
  edit('clients/web.yaml', (yaml) => yaml.replace('preset: web', 'preset: wrong'));
  expect(await next(2)).toMatchObject({
    event: 'configuration.reload_failed',
    ...{ subject: 'configuration:clients', outcome: 'failure', count: 1 },
  });
  edit('clients/web.yaml', (yaml) => yaml.replace('preset: wrong', 'preset: web'));
  expect(await next(3)).toMatchObject({ event: 'configuration.reloaded', changed: [], before: {}, after: {} });
});

test('an app that comes, changes its secret and goes is told with fingerprints, and never with a secret', async () => {
  const { own, edit, next } = await withFiles();
  const [first, second] = ['first secret of the new app', 'second secret of the new app'];
  const file = path.join(own.configDir, 'clients', 'fresh.yaml');
  const save = (secret: string) =>
    writeFileSync(
      file,
      `client_id: fresh\npreset: web\nredirect_uris: [https://fresh.example.test/callback]\nclient_secrets: [{ hash: "${hashClientSecret(secret)}" }]\n`,
    );
  save(first);
  const FINGERPRINT = expect.stringMatching(/^[\w-]{8}$/);
  const came = await next(1);
  expect(came).toMatchObject({
    ...{ added: ['fresh'], before: {} },
    after: { fresh: { redirect_uris: ['https://fresh.example.test/callback'], client_secrets: [FINGERPRINT] } },
  });
  save(second);
  const changed = await next(2);
  expect(changed).toMatchObject({
    before: { fresh: { client_secrets: [FINGERPRINT] } },
    after: { fresh: { client_secrets: [FINGERPRINT] } },
  });
  expect(changed['before']).not.toEqual(changed['after']);
  rmSync(file);
  expect(await next(3)).toMatchObject({
    removed: ['fresh'],
    before: { fresh: { client_secrets: [FINGERPRINT] } },
    after: {},
  });
  const all = JSON.stringify(await eventsOf({ event: 'configuration.' }, own));
  for (const secret of [first, second]) {
    expect(all).not.toContain(secret);
    expect(all).not.toContain(hashClientSecret(secret).slice(-43));
    expect(all).not.toContain(sha256(secret).toString('base64url').slice(0, 8));
  }
  // However much is written at once, the event stays small.
  edit('clients/web.yaml', (yaml) => {
    const many = Array.from({ length: 500 }, (_, index) => `https://app.example.test/${'x'.repeat(400)}/${index}`);
    return yaml.replace(/redirect_uris:.*(?:\n\s+-.*)*/, `redirect_uris: ${JSON.stringify(many)}`);
  });
  const large = await next(4);
  expect(large).toMatchObject({ changed: ['web'] });
  expect(JSON.stringify(large).length).toBeLessThan(40_000);
});

test('a gatehouse.yaml that waits for a restart, is broken or says again what runs, is told with its values', async () => {
  const { edit, next } = await withFiles();
  edit('gatehouse.yaml', (yaml) => yaml.replace('mfa: optional', 'mfa: required'));
  expect(await next(1)).toEqual({
    event: 'configuration.restart_awaited',
    ...{ subject: 'configuration:gatehouse.yaml', outcome: 'success', process: expect.any(String) },
    ...{ keys: ['mfa'], before: { mfa: 'optional' }, after: { mfa: 'required' } },
  });
  edit('gatehouse.yaml', (yaml) => yaml.replace('mfa: required', 'mfa: sometimes'));
  expect(await next(2)).toMatchObject({
    ...{ event: 'configuration.reload_failed', subject: 'configuration:gatehouse.yaml', outcome: 'failure' },
    problems: [expect.stringContaining('gatehouse.yaml')],
  });
  edit('gatehouse.yaml', (yaml) => yaml.replace('mfa: sometimes', 'mfa: optional'));
  expect(await next(3)).toMatchObject({ event: 'configuration.changed_back', outcome: 'success' });
});

test('a roles.yaml that cannot be applied is a failure of its own', async () => {
  const { own, next } = await withFiles();
  writeFileSync(path.join(own.configDir, 'roles.yaml'), 'roles: {editor: {includes: [nobody]}}\n');
  expect(await next(1)).toMatchObject({
    ...{ event: 'configuration.reload_failed', subject: 'configuration:roles.yaml', outcome: 'failure', count: 1 },
  });
});
