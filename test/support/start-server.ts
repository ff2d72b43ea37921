// The real server, from real configuration files, on a database of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Account } from '../../src/accounts/account.ts';
import { setAcceptedTerms } from '../../src/accounts/accounts.ts';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import type { Config } from '../../src/config/config.ts';
import type { SealedBox } from '../../src/crypto/sealed-box.ts';
import type { Db } from '../../src/database/database.ts';
import type { Route } from '../../src/http/route.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { createRole } from '../../src/roles/roles.ts';
import { type RunningServer, startServer } from '../../src/server/life-cycle.ts';
import { type DatabaseKind, makeTestDatabase, type TestDatabase } from './database.ts';
import type { Mailbox } from './mailbox.ts';
import { expectNoMark, isWrittenAt, markedEverywhere } from './marked.ts';
import { movingClock } from './moving-clock.ts';
import { createAccount } from './stored-account.ts';

export const WEB_SECRET = 'web-client-secret-of-at-least-32-characters';
/** Where the test clients' callbacks are; nothing listens there, the browser stops. */
export const CALLBACK = 'https://app.example.test/callback';
export const SPA_CALLBACK = 'https://spa.example.test/callback';
export const NATIVE_CALLBACK = 'http://127.0.0.1/callback';
export const API = 'https://api.example.test';
export const PASSWORD = 'correct horse battery staple';

/** The API that the test clients may ask for; goes at the end of settings of one's own. */
export const RESOURCES = `
resources:
  ${API}:
    name: Example API
    scopes:
      items:read: See your items
      items:write: Change your items
`;

/** Tests ask more often than programs do; goes into settings of one's own where one asks a lot. */
export const BUSY_API = 'api: { requests_per_minute: 1000000, refusals_per_minute: 1000000 }\n';

const SETTINGS = `${BUSY_API}mfa: optional${RESOURCES}`;

/** Four clients, one of each preset; `ask` is like `web`, but asks for consent. */
export const CLIENTS: Readonly<Record<string, string>> = {
  web: `
client_id: web
client_name: Web App
preset: web
redirect_uris: ["${CALLBACK}"]
post_logout_redirect_uris: ["https://app.example.test/"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: skip
scope: openid profile email roles offline_access
resources: { "${API}": ["items:read", "items:write"] }
`,
  ask: `
client_id: ask
client_name: Asking App
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ask
scope: openid profile email roles offline_access
resources: { "${API}": ["items:read"] }
`,
  spa: `
client_id: spa
client_name: Single Page App
preset: spa
redirect_uris: ["${SPA_CALLBACK}"]
consent: skip
scope: openid profile email roles offline_access
`,
  native: `
client_id: native
client_name: Native App
preset: native
redirect_uris: ["${NATIVE_CALLBACK}", "com.example.app:/callback"]
consent: skip
scope: openid profile email roles offline_access
`,
  robot: `
client_id: robot
client_name: Robot
preset: service
client_secrets: [{ value: "${WEB_SECRET}" }]
resources: { "${API}": ["items:read"] }
roles: { assign: [deployer] }
`,
};

export interface TestServerOptions {
  /** YAML that replaces the default settings. */
  readonly settings?: string;
  /** Client files by name; added to CLIENTS, or in their place where the name is the same. */
  readonly clients?: Readonly<Record<string, string>>;
  /** A configuration directory to use as it is, instead of settings and clients. */
  readonly configDir?: string;
  /** Other files of the configuration, by their paths below it: `clients/app.svg`. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly database?: DatabaseKind;
  /** Where mails go. Without it they go nowhere but to /dev/mail. */
  readonly mailbox?: Pick<Mailbox, 'url'>;
  readonly env?: Readonly<Record<string, string>>;
  readonly demoUrl?: string;
  readonly logLevel?: 'debug' | 'info' | 'silent';
  /** How changed files are found; as in production unless stated. */
  readonly watching?: { readonly events?: boolean; readonly intervalMs?: number };
}

export interface TestServer extends RunningServer {
  /** All of them, also those that are loaded when they are asked for. */
  readonly routes: readonly Route[];
  readonly issuer: string;
  readonly config: Config;
  /** Every log line so far, parsed. */
  readonly logLines: readonly Record<string, unknown>[];
  /** The same, as written. */
  readonly logText: readonly string[];
  /** What stdout would get of copied events. */
  readonly copiedLines: readonly string[];
  /** What verbs of accounts need. */
  readonly deps: { readonly db: Db; readonly clock: typeof movingClock; readonly box: SealedBox };
  readonly dataDir: string;
  /** Where gatehouse.yaml is; client files are in `clients` below it. Files changed here are live at once. */
  readonly configDir: string;
  readonly databaseUrl: string | undefined;
  /**
   * An account with PASSWORD, and with these roles, which are made if they do not exist. Has accepted the terms, where there
   * are any.
   */
  person(who: {
    email: string;
    username?: string;
    name?: string;
    roles?: readonly string[];
    password?: string;
  }): Promise<Account>;
  /** Stops this server and starts one with these options on the same database, under the same address. */
  restart(options?: TestServerOptions, meanwhile?: () => Promise<void>): Promise<TestServer>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  return startOn(await makeTestDatabase(options.database ?? 'pglite'), await freePort(), options);
}

/** Of a server in development mode. */
export const environmentOf = (
  { url, dataDir }: Pick<TestDatabase, 'url' | 'dataDir'>,
  { issuer, configDir, port }: { issuer: string; configDir: string; port: number },
) => ({
  GATEHOUSE_MODE: 'development',
  GATEHOUSE_ISSUER: issuer,
  GATEHOUSE_CONFIG_DIR: configDir,
  GATEHOUSE_DATA_DIR: dataDir,
  HOST: '127.0.0.1',
  PORT: String(port),
  ...(url === undefined ? {} : { DATABASE_URL: url }),
});

async function startOn(place: TestDatabase, port: number, options: TestServerOptions): Promise<TestServer> {
  const configDir = options.configDir ?? writeConfigDir(options);
  const issuer = options.env?.['GATEHOUSE_ISSUER'] ?? `http://localhost:${port}`;
  const env = {
    ...environmentOf(place, { issuer, configDir, port }),
    ...(options.mailbox && { GATEHOUSE_SMTP_URL: options.mailbox.url }),
    ...options.env,
  };
  const { config, clients } = loadConfiguration({ env, cwd: configDir });
  const logLines: Record<string, unknown>[] = [];
  const copiedLines: string[] = [];
  const logText: string[] = [];
  const everything: string[] = [];
  const asked = options.logLevel ?? 'info';
  const write = (line: string) => {
    const parsed = JSON.parse(line);
    if (markedEverywhere !== undefined) {
      everything.push(line);
      if (!isWrittenAt(asked, parsed)) return;
    }
    logText.push(line);
    logLines.push(parsed);
  };
  const log = createLogger({ level: markedEverywhere === undefined ? asked : 'debug', format: 'json' }, { write });
  const files = { env, cwd: configDir, ...options.watching };
  const copies = { write: (line: string) => void copiedLines.push(line) };
  const { demoUrl } = options;
  const running = await startServer({ config, clients, files, log, clock: movingClock, demoUrl, copies });
  const { db } = running.database;
  const rules = passwordRulesFor(config.accounts, config.name);
  const stop = async () => {
    await running.stop();
    if (options.configDir === undefined) rmSync(configDir, { recursive: true, force: true });
  };
  return {
    ...running,
    routes: await running.allRoutes(),
    issuer,
    config,
    logLines,
    logText,
    copiedLines,
    deps: { db, clock: movingClock, box: running.box },
    configDir,
    dataDir: place.dataDir,
    databaseUrl: place.url,
    async stop() {
      await stop();
      await place.remove();
      expectNoMark(everything.join(''));
    },
    async restart(changed = {}, meanwhile) {
      await stop();
      expectNoMark(everything.join(''));
      await meanwhile?.();
      return startOn(place, port, changed);
    },
    async person({ email, username, name, roles = [], password = PASSWORD }) {
      const deps = { db, clock: movingClock, hasher: running.hasher, rules };
      const created = await createAccount(deps, { email, username, displayName: name, password, emailVerified: true });
      if (created.outcome !== 'created') throw new Error(`${email}: ${JSON.stringify(created)}`);
      const { termsVersion } = config.registration;
      if (termsVersion !== undefined) await setAcceptedTerms(deps, created.account.id, termsVersion);
      for (const role of roles) {
        await createRole({ db, clock: movingClock }, { name: role, description: `The role ${role}` });
        await grantRole(db, { accountId: created.account.id, role });
      }
      return created.account;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export function writeConfigDir({ settings = SETTINGS, clients = {}, files = {} }: TestServerOptions): string {
  const configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-config-'));
  mkdirSync(path.join(configDir, 'clients'));
  writeFileSync(path.join(configDir, 'gatehouse.yaml'), settings);
  for (const [name, yaml] of Object.entries({ ...CLIENTS, ...clients })) {
    writeFileSync(path.join(configDir, 'clients', `${name}.yaml`), yaml);
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(configDir, name), content);
  return configDir;
}
