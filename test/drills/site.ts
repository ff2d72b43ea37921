// What operators run: PostgreSQL, three processes that are started again when they go, and nginx in front of them.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answerOf } from '../cli/command-line.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { lastingPort } from './ports.ts';
import { type Served, serve } from './served.ts';
import { SECRET_OF_APPS } from './visitors.ts';

export const SECRET = 'drills-have-a-master-secret-of-their-own-0123456789';

export interface Site {
  /** `https://localhost:…` */
  readonly issuer: string;
  readonly nginx: Nginx;
  readonly processes: readonly Served[];
  readonly configDir: string;
  /** Of the processes, without their port. */
  readonly env: Readonly<Record<string, string>>;
  /** `gatehouse …`, with what is written for programs. */
  command(words: readonly string[]): ReturnType<typeof answerOf>;
  stop(): Promise<void>;
}

export interface SiteOptions {
  readonly databaseUrl: string;
  readonly processes?: number;
  /** nginx's, where it has to stay the same. */
  readonly port?: number | undefined;
  /** YAML besides what all drills have. */
  readonly settings?: string | undefined;
  /** Client files by name. */
  readonly clients: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

const SETTINGS = `mfa: optional
server: { trusted_proxies: [127.0.0.1/32] }
tokens: { access_token_seconds: 3600, id_token_seconds: 3600 }
`;

export async function startSite(options: SiteOptions): Promise<Site> {
  const { databaseUrl, processes: count = 3, settings = '', clients, variables = {} } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-site-'));
  const configDir = path.join(folder, 'config');
  mkdirSync(path.join(configDir, 'clients'), { recursive: true });
  writeFileSync(path.join(configDir, 'gatehouse.yaml'), `${SETTINGS}${settings}`);
  for (const [name, yaml] of Object.entries(clients)) {
    writeFileSync(path.join(configDir, 'clients', `${name}.yaml`), yaml);
  }
  const port = options.port ?? (await lastingPort());
  const issuer = `https://localhost:${port}`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    GATEHOUSE_MODE: 'production',
    GATEHOUSE_ISSUER: issuer,
    GATEHOUSE_SECRET: SECRET,
    GATEHOUSE_CONFIG_DIR: configDir,
    GATEHOUSE_DATA_DIR: path.join(folder, 'data'),
    DATABASE_URL: databaseUrl,
    HOST: '127.0.0.1',
    SECRET_OF_APPS,
    ...variables,
  };
  const ports = await Promise.all(Array.from({ length: count }, lastingPort));
  const processes = ports.map((each) => serve({ port: each, env, logFile: path.join(folder, `${each}.log`) }));
  const stopProcesses = () => Promise.all(processes.map((each) => each.stop()));
  try {
    await Promise.all(processes.map((each) => each.ready()));
    const nginx = await startNginx({ port, upstreams: ports });
    return {
      issuer,
      nginx,
      processes,
      configDir,
      env,
      command: (words) => answerOf({ cwd: configDir, env: { ...env, GATEHOUSE_LOG_LEVEL: 'silent' } }, [...words]),
      async stop() {
        await nginx.stop();
        await stopProcesses();
        keepLogs(folder);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stopProcesses();
    throw error;
  }
}

/** `DRILL_LOGS`: a directory for what the processes have written. */
function keepLogs(folder: string): void {
  const kept = process.env['DRILL_LOGS'];
  if (kept !== undefined) cpSync(folder, path.join(kept, path.basename(folder)), { recursive: true });
}
