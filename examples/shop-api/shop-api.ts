// Puts the API together: settings in, a server out. Every request that is not for everybody goes through `admit`.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AccessToken, type CheckToken, createTokenCheck } from './access-token.ts';
import { type Answer, type Challenges, createChallenges, ok, problem, send } from './answers.ts';
import { findToken } from './bearer.ts';
import { createDiscovery } from './discovery.ts';
import { type Credentials, createIntrospection, type IsActive } from './introspection.ts';
import { createLedger } from './ledger.ts';
import { lackOf, type Requirements } from './requirements.ts';
import { type Route, routes } from './routes.ts';

export interface ShopApiOptions {
  /** The API's own origin. Port 0 stands for any free port; `listen` tells which one it became. */
  readonly url: string;
  readonly issuer: string;
  /** What access tokens must name as their audience. */
  readonly audience: string;
  /** With these, sensitive requests are asked about at the server too. */
  readonly credentials?: Credentials | undefined;
  /** The port to listen on when it is not the one in `url`, behind a proxy for example. */
  readonly port?: number;
  readonly host?: string;
  readonly log?: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface ShopApi {
  /** Resolves with the API's origin once the port is open. The issuer need not be up. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export function createShopApi(options: ShopApiOptions): ShopApi {
  const url = new URL(options.url);
  const answer = createAnswer(options);
  const server = createServer(async (request, response) => {
    send(response, await answer(request), { isHttps: url.protocol === 'https:' });
  });
  server.requestTimeout = 10_000;
  return {
    async listen() {
      const port = options.port ?? Number(url.port || (url.protocol === 'https:' ? 443 : 80));
      await open(server, { port, host: options.host ?? '127.0.0.1' });
      if (url.port === '0') url.port = String((server.address() as AddressInfo).port);
      return url.origin;
    },
    close: () => close(server),
  };
}

interface Deps {
  readonly challenges: Challenges;
  readonly checkToken: CheckToken;
  readonly isActive: IsActive | undefined;
  readonly log: (line: string) => void;
  readonly now: () => number;
}

function createAnswer({ url, issuer, audience, credentials, log = console.log, now = Date.now }: ShopApiOptions) {
  const discovery = createDiscovery(issuer);
  const metadata = metadataRoute({ url, issuer, audience });
  const known = [...routes(createLedger()), ...(metadata === undefined ? [] : [metadata])];
  const metadataUrl = metadata === undefined ? undefined : `${new URL(url).origin}${metadata.path}`;
  const deps: Deps = {
    challenges: createChallenges({ name: 'Shop API', metadataUrl }),
    checkToken: createTokenCheck({ discovery, issuer, audience, now }),
    isActive: credentials === undefined ? undefined : createIntrospection(discovery, credentials),
    log,
    now,
  };
  return async (request: IncomingMessage): Promise<Answer> => {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    try {
      return await answerAt(deps, known, { request, path, query: new URLSearchParams(query) });
    } catch (error) {
      log(`error at ${request.method} ${path}: ${error instanceof Error ? error.stack : String(error)}`);
      return problem(500, 'Something broke in the API');
    }
  };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly query: URLSearchParams;
}

async function answerAt(deps: Deps, known: readonly Route[], asked: Asked): Promise<Answer> {
  const here = known.filter(({ path }) => path === asked.path);
  if (here.length === 0) return problem(404, 'There is nothing here');
  const route = here.find(({ method }) => method === (asked.request.method === 'HEAD' ? 'GET' : asked.request.method));
  if (route === undefined) {
    return problem(405, 'Not this method', { headers: { Allow: here.map(({ method }) => method).join(', ') } });
  }
  if (route.needs === 'nothing') return route.answer();
  const admitted = await admit(deps, route.needs, asked);
  if ('answer' in admitted) return admitted.answer;
  const { token } = admitted;
  const answer = await route.answer({ request: asked.request, token });
  if (route.method !== 'GET') {
    deps.log(`${answer.status} ${route.method} ${route.path}: ${token.clientId} for ${token.subject}`);
  }
  return answer;
}

/** The gate: a token, a good one, with what this route needs. The body is not read before that. */
async function admit(
  { challenges, checkToken, isActive, log, now }: Deps,
  needs: Requirements,
  { request, path, query }: Asked,
): Promise<{ token: AccessToken } | { answer: Answer }> {
  const refuse = (why: string, answer: Answer) => {
    log(`${answer.status} ${request.method} ${path}: ${why}`);
    return { answer };
  };
  const unavailable = (why: string) =>
    refuse(why, problem(503, 'Access tokens cannot be checked just now', { headers: { 'Retry-After': '5' } }));

  const found = findToken(request, query);
  if (found.outcome === 'none') return { answer: challenges.noToken() };
  if (found.outcome === 'malformed') return refuse(found.description, challenges.malformed(found.description));
  const checked = await checkToken(found.token);
  if (checked.outcome === 'unavailable') return unavailable(checked.reason);
  if (checked.outcome === 'refused') return refuse(checked.description, challenges.invalidToken(checked.description));
  const { token } = checked;
  const lack = lackOf(token, needs, now());
  if (lack !== undefined) return refuse(`${token.clientId} lacks the ${lack.lacks}`, challenges.lacking(lack));
  if (needs.authentication === undefined || isActive === undefined) return { token };
  switch (await isActive(found.token)) {
    case 'active':
      return { token };
    case 'inactive':
      return refuse('revoked', challenges.invalidToken('it has been revoked'));
    case 'unavailable':
      return unavailable('the server could not be asked about a token');
  }
}

/**
 * RFC 9728: lets an app find the authorization server by itself. Only where the audience is this API's own address:
 * section 3.3 has apps refuse metadata about any other.
 */
function metadataRoute({ url, issuer, audience }: Pick<ShopApiOptions, 'url' | 'issuer' | 'audience'>) {
  if (audience !== new URL(url).origin) return undefined;
  return {
    method: 'GET',
    path: '/.well-known/oauth-protected-resource',
    needs: 'nothing',
    answer: () =>
      ok({
        resource: audience,
        authorization_servers: [issuer],
        scopes_supported: ['earnings:read', 'payout-account:write'],
        bearer_methods_supported: ['header'],
        resource_name: 'Shop API',
      }),
  } satisfies Route;
}

function open(server: Server, at: { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, resolve);
  });
}

const DRAIN_MILLISECONDS = 5_000;

/** Takes no new requests, lets those under way finish, and cuts what lasts longer. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MILLISECONDS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
