// Where the figures are read: at a port of their own, or at /metrics with a token. Nobody else learns that they are there.
import { createServer, type Server } from 'node:http';
import type { Config } from '../../config/config.ts';
import { equalInConstantTime } from '../../crypto/constant-time.ts';
import { nothingThere } from '../../http/refusals.ts';
import { anyone, get, type Route } from '../../http/route.ts';
import { isAskedByName } from './asked-by-name.ts';

export const METRICS_PATH = '/metrics';

export interface Exposed {
  readonly type: string;
  readonly text: string;
}

/** The figures of this process, or of all that share the port. */
export type Expose = () => Promise<Exposed>;

interface Deps {
  readonly config: Config;
  /** Undefined where nothing is measured. */
  readonly expose: Expose | undefined;
}

export const metricsRoute = (deps: Deps): Route =>
  get(METRICS_PATH, anyone, async (ctx) => {
    const { token } = deps.config.metrics;
    const shown = /^Bearer +([\w.~+/-]+=*)$/i.exec(ctx.get('Authorization'))?.[1];
    if (token === undefined || deps.expose === undefined || !equalInConstantTime(shown ?? '', token))
      throw nothingThere();
    ctx.state.quiet = true;
    const { type, text } = await deps.expose();
    ctx.set({ 'Content-Type': type, 'Cache-Control': 'no-store' });
    ctx.body = text;
  });

const TIMEOUT_MS = 10_000;

/** @throws what listening throws. Resolves with the way to close it; nothing is opened without a port. */
export async function serveMetrics(metrics: Config['metrics'], expose: Expose): Promise<() => Promise<void>> {
  const { port, host } = metrics;
  if (port === undefined) return async () => {};
  const server = createServer({ headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS }, async (req, res) => {
    const plain = {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    };
    if (!isAskedByName(req.headers.host, metrics)) return void res.writeHead(421, plain).end(MISDIRECTED);
    if (req.method !== 'GET' || req.url?.split('?', 1)[0] !== METRICS_PATH)
      return void res.writeHead(404, plain).end('Not found\n');
    try {
      const { type, text } = await expose();
      res.writeHead(200, { ...plain, 'Content-Type': type }).end(text);
    } catch {
      res.writeHead(503, plain).end('The figures cannot be read now\n');
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return () => closed(server);
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const MISDIRECTED =
  'Misdirected request: the figures are not read under that name. metrics.allowed_hosts in gatehouse.yaml takes names.\n';
