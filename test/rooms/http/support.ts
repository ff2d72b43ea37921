// A Koa app on a real port, and requests whose every header the test decides.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Koa from 'koa';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createClientAddress } from '../../../src/http/client-address.ts';
import { pinHost } from '../../../src/http/host.ts';
import { pages } from '../../../src/http/page.ts';
import { answerRefusals, notFound } from '../../../src/http/refusals.ts';
import { checkRequestLine } from '../../../src/http/request-line.ts';
import { requestLog } from '../../../src/http/request-log.ts';
import type { RouterMiddleware } from '../../../src/http/router.ts';
import { securityHeaders } from '../../../src/http/security-headers.ts';
import { createLogger } from '../../../src/observability/logger.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

export interface RunningApp {
  readonly port: number;
  readonly origin: string;
  readonly log: readonly Record<string, unknown>[];
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** The whole answer to bytes that no HTTP client would send. */
  raw(bytes: string): Promise<string>;
}

export type Use = Koa.Middleware | RouterMiddleware;

/** Middlewares, or what to make them of once the server's own origin is known. */
export type Middlewares = readonly Use[] | ((origin: string) => readonly Use[]);

/** Serves exactly these middlewares. */
export async function serve(
  middlewares: Middlewares,
  log: readonly Record<string, unknown>[] = [],
): Promise<RunningApp> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const app = new Koa({ proxy: true });
  app.silent = true;
  for (const middleware of typeof middlewares === 'function' ? middlewares(origin) : middlewares) app.use(middleware);
  const handle = app.callback();
  server.on('request', (req, res) => void handle(req, res));
  return {
    port,
    origin,
    log,
    ask: (path, ask = {}) => send(port, path, ask),
    raw: (bytes) => sendRaw(port, bytes),
  };
}

export const DEFAULT_VIEWS = {
  'errors/refused.pug': 'p #{code} #{message}\np= requestId',
  'errors/broken.pug': 'p= title\np= requestId',
};

export interface FrontOptions {
  /** `itself`: the address the test server listens on. */
  readonly issuer?: string;
  readonly trustedProxies?: readonly string[];
  readonly internalHosts?: readonly string[];
  readonly development?: boolean;
  readonly isUnavailable?: (error: unknown) => boolean;
  readonly views?: Readonly<Record<string, string>>;
}

/** Everything that stands in front of the routes, in the order the server uses, for an issuer https://op.example. */
export async function serveBehindFront(middlewares: Middlewares, options: FrontOptions = {}): Promise<RunningApp> {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'debug', format: 'json' }, { write: (line) => void lines.push(JSON.parse(line)) });
  const viewsDir = folderOf(options.views ?? DEFAULT_VIEWS);
  return serve((origin) => {
    const issuer = options.issuer === 'itself' ? origin : (options.issuer ?? 'https://op.example');
    return [
      securityHeaders({ issuer, publicDocuments: DOCUMENTS }),
      requestLog({ log }),
      pages({ viewsDir, shared: { product: 'Gatehouse' }, clock: systemClock }),
      answerRefusals({ isUnavailable: options.isUnavailable ?? (() => false) }),
      pinHost({
        issuer,
        internalHosts: options.internalHosts ?? [],
        internalPaths: [...DOCUMENTS, '/token', '/me', '/token/introspection'],
        anyHostPaths: ['/livez', '/readyz'],
        development: options.development ?? false,
        clientAddress: createClientAddress(options.trustedProxies ?? []),
      }),
      checkRequestLine,
      ...(typeof middlewares === 'function' ? middlewares(issuer) : middlewares),
      notFound,
    ];
  }, lines);
}

const DOCUMENTS = ['/.well-known/openid-configuration', '/jwks'];

/** A temporary folder with these files; gone when the test is over. */
export function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-http-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** As the person's browser asks the issuer of `serveBehindFront`. */
export const AT_ISSUER = { host: 'op.example' };

function send(port: number, path: string, { method = 'GET', headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const { statusCode = 0, headers: answered, rawHeaders } = res;
        resolve({ status: statusCode, headers: answered, rawHeaders, body: Buffer.concat(chunks).toString() });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** The request log is written when the answer is out, which may be a moment after the client has it. */
export async function until<T>(look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const seen = look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen within a second');
}
