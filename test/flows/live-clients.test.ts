// An operator edits client files while the server runs: what is right is in force at once, what is wrong changes nothing.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { authorize, redeemFor, refresh, requestOf, signedIn, userinfo, WEB } from '../protocol/apps.ts';
import { newBrowser, redeem } from '../support/sign-in.ts';
import { startTestServer, type TestServer, type TestServerOptions, WEB_SECRET } from '../support/start-server.ts';

async function started(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.stop());
  return server;
}

const fileOf = ({ configDir }: TestServer, name: string) => path.join(configDir, 'clients', `${name}.yaml`);

/** As editors save: a new file put in the place of the old one. */
function save(server: TestServer, name: string, yaml: string): void {
  const draft = path.join(server.configDir, 'clients', `.${name}.swp`);
  writeFileSync(draft, yaml);
  renameSync(draft, fileOf(server, name));
}

const edit = (server: TestServer, name: string, from: string, to: string) =>
  save(server, name, readFileSync(fileOf(server, name), 'utf8').replace(from, to));

const service = (id: string, more = '') =>
  `client_id: ${id}\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\n${more}`;

/** What the token endpoint says to this client: it works, or why not. */
async function tokenFor({ issuer }: TestServer, clientId: string, secret = WEB_SECRET): Promise<string> {
  const { status, body } = await redeem(issuer, { grant_type: 'client_credentials' }, { clientId, secret });
  return status === 200 ? 'works' : String(body['error']);
}

const soon = { timeout: 5000, interval: 20 };
const becomes = (what: () => unknown, expected: unknown) => expect.poll(what, soon).toEqual(expected);

const eventsOf = ({ logLines }: TestServer, event: string) => logLines.filter((line) => line['event'] === event);

async function readiness({ issuer }: TestServer) {
  const response = await fetch(`${issuer}/readyz`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const CURRENT = { clients: 'current', server: 'current', roles: 'current' };

describe('a valid change', () => {
  test('of an address is in force at once, and people find the new one', async () => {
    const server = await started();
    await server.person({ email: 'jane@example.test' });
    const moved = { ...WEB, redirectUri: 'https://app.example.test/moved' };
    expect((await newBrowser().open(requestOf(server.issuer, moved).url)).page.status).toBe(400);
    edit(server, 'web', WEB.redirectUri, moved.redirectUri);
    await becomes(async () => (await newBrowser().open(requestOf(server.issuer, moved).url)).page.status, 200);
    await authorize(server.issuer, { app: moved, email: 'jane@example.test' });
    expect((await newBrowser().open(requestOf(server.issuer, WEB).url)).page.status).toBe(400);
  });

  test('is told in the log: which clients are new, changed and gone', async () => {
    const server = await started({ clients: { old: service('old'), same: service('same') } });
    edit(server, 'robot', 'Robot', 'Machine');
    save(server, 'new', service('new'));
    save(server, 'same', `# a comment\n${service('same')}`);
    rmSync(fileOf(server, 'old'));
    const summed = () =>
      eventsOf(server, 'clients.reloaded').reduce<Record<string, string[]>>((sum, line) => {
        for (const kind of ['added', 'changed', 'removed'])
          sum[kind] = [...(sum[kind] ?? []), ...(line[kind] as string[])];
        return sum;
      }, {});
    await becomes(summed, { added: ['new'], changed: ['robot'], removed: ['old'] });
    expect(await tokenFor(server, 'new')).toBe('works');
  });

  test('of a secret is in force at once, and so is the end of the old one', async () => {
    const server = await started();
    const secret = 'another-secret-of-at-least-32-characters';
    edit(server, 'robot', WEB_SECRET, secret);
    await becomes(() => tokenFor(server, 'robot', secret), 'works');
    expect(await tokenFor(server, 'robot')).toBe('invalid_client');
  });

  test('in a directory made after the start is seen', async () => {
    const server = await started({ configDir: emptyConfigDir() });
    mkdirSync(path.join(server.configDir, 'clients'));
    save(server, 'late', service('late'));
    await becomes(() => tokenFor(server, 'late'), 'works');
    save(server, 'later', service('later'));
    await becomes(() => tokenFor(server, 'later'), 'works');
  });

  test('that Kubernetes makes, by swapping a link to a directory, is seen', async () => {
    const configDir = emptyConfigDir();
    const clients = path.join(configDir, 'clients');
    mkdirSync(clients);
    const version = (name: string, yaml: string) => {
      mkdirSync(path.join(clients, name));
      writeFileSync(path.join(clients, name, 'app.yaml'), yaml);
      symlinkSync(name, path.join(clients, '..data_tmp'));
      renameSync(path.join(clients, '..data_tmp'), path.join(clients, '..data'));
    };
    version('..2026_01', service('app'));
    symlinkSync('..data/app.yaml', path.join(clients, 'app.yaml'));
    const server = await started({ configDir });
    expect(await tokenFor(server, 'app')).toBe('works');
    const secret = 'another-secret-of-at-least-32-characters';
    version('..2026_02', service('app').replace(WEB_SECRET, secret));
    await becomes(() => tokenFor(server, 'app', secret), 'works');
  });
});

function emptyConfigDir(): string {
  const configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-config-'));
  onTestFinished(() => rmSync(configDir, { recursive: true, force: true }));
  return configDir;
}

describe('where the file system tells nothing', () => {
  test('changes are found by looking at intervals, a secret in a file of its own included', async () => {
    const server = await started({
      watching: { events: false, intervalMs: 100 },
      clients: { filed: service('filed').replace(`value: "${WEB_SECRET}"`, 'file: filed.secret') },
      files: { 'clients/filed.secret': WEB_SECRET },
    });
    edit(server, 'robot', 'Robot', 'Machine');
    await becomes(() => server.clients.current().get('robot')?.clientName, 'Machine');
    const secret = 'another-secret-of-at-least-32-characters';
    writeFileSync(path.join(server.configDir, 'clients/filed.secret'), secret);
    await becomes(() => tokenFor(server, 'filed', secret), 'works');
  });

  test('they are in force when the operator asks for it', async () => {
    const server = await started({ watching: { events: false } });
    edit(server, 'robot', 'Robot', 'Machine');
    await server.reload();
    expect(server.clients.current().get('robot')?.clientName).toBe('Machine');
    await server.reload();
    expect(eventsOf(server, 'clients.unchanged')).toHaveLength(1);
  });
});

describe('a file with problems', () => {
  test('leaves all clients as they were, is named with its lines, and shows in the readiness', async () => {
    const server = await started();
    expect((await readiness(server)).body['configuration']).toEqual(CURRENT);
    edit(server, 'robot', 'preset: service', 'preset: servce\ncolour: green');
    edit(server, 'web', 'Web App', 'Other App');
    await becomes(() => server.clients.status().clients, 'outdated');
    expect(await tokenFor(server, 'robot')).toBe('works');
    expect(server.clients.current().get('web')?.clientName).toBe('Web App');
    expect(eventsOf(server, 'clients.reload_failed').at(-1)).toMatchObject({
      level: 'error',
      problems: [
        'clients/robot.yaml:4  preset: expected "web" or "spa" or "native" or "service", found "servce"; did you mean "service"?',
        'clients/robot.yaml:5  colour: unknown key',
      ],
    });
    const { status, body } = await readiness(server);
    expect({ status, ready: body['ready'] }).toEqual({ status: 200, ready: true });
    expect(body['configuration']).toEqual({
      clients: 'outdated',
      problems: 2,
      since: expect.any(String),
      server: 'current',
      roles: 'current',
    });
    expect(JSON.stringify(body)).not.toContain('robot');

    edit(server, 'robot', 'preset: servce\ncolour: green', 'preset: service');
    await becomes(() => server.clients.current().get('web')?.clientName, 'Other App');
    expect((await readiness(server)).body['configuration']).toEqual(CURRENT);
  });

  test('because its logo has gone shows no logo, and breaks nothing', async () => {
    const server = await started({
      clients: { drawn: service('drawn', 'logo: drawn.svg\n') },
      files: { 'clients/drawn.svg': '<svg></svg>' },
    });
    const logo = () => fetch(`${server.issuer}/client-logo/drawn`).then(({ status }) => status);
    expect(await logo()).toBe(200);
    rmSync(path.join(server.configDir, 'clients/drawn.svg'));
    await becomes(() => server.clients.status().clients, 'outdated');
    expect(await logo()).toBe(404);
    expect(await tokenFor(server, 'drawn')).toBe('works');
  });

  test('is told once, not at every look', async () => {
    const server = await started({ watching: { intervalMs: 50 } });
    save(server, 'robot', 'client_id: [');
    await becomes(() => eventsOf(server, 'clients.reload_failed').length, 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(eventsOf(server, 'clients.reload_failed')).toHaveLength(1);
  });

  test('costs nobody a client, and neither does a directory that is gone', async () => {
    const server = await started();
    renameSync(path.join(server.configDir, 'clients'), path.join(server.configDir, 'elsewhere'));
    await becomes(() => server.clients.status().clients, 'outdated');
    expect(await tokenFor(server, 'robot')).toBe('works');
    renameSync(path.join(server.configDir, 'elsewhere'), path.join(server.configDir, 'clients'));
    await becomes(() => server.clients.status(), CURRENT);
    edit(server, 'robot', 'Robot', 'Machine');
    await becomes(() => server.clients.current().get('robot')?.clientName, 'Machine');
  });
});

describe('a client whose file is removed', () => {
  test('is refused at once, wherever it comes', async () => {
    const server = await started();
    await server.person({ email: 'jane@example.test' });
    const { tokens, browser } = await signedIn(server.issuer, { email: 'jane@example.test' });
    const open = await authorize(server.issuer, { browser });
    const inProgress = await newBrowser().open(requestOf(server.issuer, WEB).url);
    rmSync(fileOf(server, 'web'));
    await becomes(() => server.clients.current().has('web'), false);

    expect((await newBrowser().open(requestOf(server.issuer, WEB).url)).page.status).toBe(400);
    expect((await redeemFor(server.issuer, WEB, open)).body['error']).toBe('invalid_client');
    expect((await refresh(server.issuer, WEB, tokens.refreshToken)).body['error']).toBe('invalid_client');
    expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
    expect((await inProgress.open(inProgress.page.url)).page.status).toBe(400);
    const signOut = `${server.issuer}/session/end?${new URLSearchParams({ id_token_hint: tokens.idToken })}`;
    expect((await browser.open(signOut)).page.status).toBeLessThan(500);
    expect(server.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('gatehouse.yaml', () => {
  test('is read and checked when it changes, and never applied', async () => {
    const server = await started();
    const file = path.join(server.configDir, 'gatehouse.yaml');
    const original = readFileSync(file, 'utf8');
    const state = () => server.clients.status().server;

    writeFileSync(file, original.replace('mfa: optional', 'mfa: required\nname: Other'));
    await becomes(state, 'needs_restart');
    expect(eventsOf(server, 'config.changed_needs_restart').at(-1)).toMatchObject({ keys: ['mfa', 'name'] });
    expect((await newBrowser().open(`${server.issuer}/`)).text).not.toContain('Other');

    writeFileSync(file, original.replace('mfa: optional', 'mfa: never'));
    await becomes(state, 'invalid');
    expect(eventsOf(server, 'config.changed_invalid').at(-1)).toMatchObject({
      problems: ['gatehouse.yaml:2  mfa: expected "optional" or "required", found "never"'],
    });

    writeFileSync(file, `# with a comment\n${original}`);
    await becomes(state, 'current');
    expect(eventsOf(server, 'config.changed_back')).toHaveLength(1);
  });

  test('is what client files are checked against as the server runs with it, not as it stands now', async () => {
    const server = await started();
    const file = path.join(server.configDir, 'gatehouse.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}  https://new.example.test: { name: New, scopes: { go: Go } }\n`);
    save(server, 'new', service('new', 'resources: { "https://new.example.test": [go] }\n'));
    await becomes(() => server.clients.status(), {
      clients: 'outdated',
      problems: 1,
      since: expect.any(Date),
      server: 'needs_restart',
      roles: 'current',
    });
  });
});
