// nginx from Debian's package, with the configuration that operators copy: only its names, ports and files are ours.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../architecture/sources.ts';
import { freePort } from './start-server.ts';

const PROGRAM = '/usr/sbin/nginx';

/** False where there is no nginx: then tests behind it are skipped; on CI that is an error. */
export function nginxAvailable(): boolean {
  if (existsSync(PROGRAM)) return true;
  const missing = 'nginx is not installed (Debian: apt-get install nginx-light)';
  if (process.env['CI'] === 'true') throw new Error(`${missing}: on CI nothing is skipped.`);
  console.warn(`\n!!! ${missing}: tests behind nginx are SKIPPED.\n`);
  return false;
}

export interface Nginx {
  /** `https://localhost:…` */
  readonly origin: string;
  readonly port: number;
  readonly plainPort: number;
  /** PEM, of the certificate for localhost. */
  readonly certificate: string;
  reload(): void;
  stop(): Promise<void>;
}

/** `ports` are chosen before the servers start, as the issuer has one of them in it. */
export interface NginxOptions {
  readonly port: number;
  /** At ::1; undefined: IPv6 is left out. */
  readonly port6?: number | undefined;
  readonly upstreams: readonly number[];
}

export async function startNginx({ port, port6, upstreams }: NginxOptions): Promise<Nginx> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-nginx-'));
  const plainPort = await freePort();
  const at = (name: string) => path.join(folder, name);
  makeCertificate(at);
  writeFileSync(at('site.conf'), asWeRunIt({ port, port6, plainPort, upstreams, at }));
  writeFileSync(at('nginx.conf'), mainFile(at));
  execFileSync(PROGRAM, ['-t', '-q', '-c', at('nginx.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const child = spawn(PROGRAM, ['-c', at('nginx.conf')], { stdio: 'ignore' });
  await untilItListens(port);
  return {
    origin: `https://localhost:${port}`,
    port,
    plainPort,
    certificate: readFileSync(at('certificate.pem'), 'utf8'),
    reload: () => void child.kill('SIGHUP'),
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type At = (name: string) => string;

function makeCertificate(at: At): void {
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const more = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', at('key.pem'), '-out', at('certificate.pem')];
  execFileSync('openssl', [...words.split(' '), ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** @throws when the sample no longer has what is replaced here */
function asWeRunIt({
  port,
  port6,
  plainPort,
  upstreams,
  at,
}: NginxOptions & { readonly plainPort: number; readonly at: At }): string {
  const upstream = /( +)server 127\.0\.0\.1:3000 (.*);\n +server 127\.0\.0\.1:3001 .*;\n/;
  const changes: readonly [string | RegExp, string | ((...found: string[]) => string)][] = [
    [
      upstream,
      (_all, space = '', rest = '') => upstreams.map((each) => `${space}server 127.0.0.1:${each} ${rest};\n`).join(''),
    ],
    [/auth\.example\.com\$request_uri/, `localhost:${port}$request_uri`],
    [/\/etc\/ssl\/auth\.example\.com\/fullchain\.pem/, at('certificate.pem')],
    [/\/etc\/ssl\/auth\.example\.com\/privkey\.pem/, at('key.pem')],
    [/server_name auth\.example\.com/g, 'server_name localhost'],
    [/listen 80;/, `listen 127.0.0.1:${plainPort};`],
    [/listen 443 /g, `listen 127.0.0.1:${port} `],
    [/ +listen \[::\]:80;\n/, ''],
    port6 === undefined ? [/ +listen \[::\]:443 .*;\n/g, ''] : [/listen \[::\]:443 /g, `listen [::1]:${port6} `],
  ];
  return changes.reduce(
    (text, [from, to]) => {
      if (!text.match(from)) throw new Error(`deploy/nginx.conf has no ${String(from)}`);
      return text.replace(from, to as string);
    },
    readFileSync(path.join(ROOT, 'deploy/nginx.conf'), 'utf8'),
  );
}

/** What Debian's main file has around the site, without what only root may do. */
const mainFile = (at: At): string => `
daemon off;
pid ${at('pid')};
error_log ${at('error.log')} warn;
worker_processes 1;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path ${at('body')};
    proxy_temp_path ${at('proxy')};
    fastcgi_temp_path ${at('fastcgi')};
    uwsgi_temp_path ${at('uwsgi')};
    scgi_temp_path ${at('scgi')};
    include ${at('site.conf')};
}
`;

async function untilItListens(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const listens = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (listens) return;
    await sleep(50);
  }
  throw new Error('nginx does not listen');
}
