// What is asked of the server, each as a lane does it: one after the other, and every answer is looked at.
import { createHash, randomBytes } from 'node:crypto';
import { Client } from 'undici';
import type { Browser } from '../../support/browser.ts';
import { throughProxy } from '../../support/proxy.ts';
import { authorizationRequest, basic, callbackOf, newBrowser, signsIn } from '../../support/sign-in.ts';
import { API, CALLBACK, SPA_CALLBACK, WEB_SECRET } from '../../support/start-server.ts';
import { FROM_PROXY, ISSUER } from './site.ts';

/** Does it once more. @throws when the answer is not what it should be; resolves with false when there is nothing left to ask */
export type Lane = () => Promise<boolean>;

export interface Operation {
  readonly name: string;
  /** How many ask at the same time. */
  readonly lanes: number;
  prepare(lanes: number, asking: Asking): Promise<readonly Lane[]>;
  /** Before each run, outside of its time. */
  refill?(asking: Asking): Promise<void>;
}

export interface Asking {
  readonly port: number;
  /** Those of the next account that nobody has signed in with. */
  readonly nextPerson: () => string;
}

interface Request {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly body: string;
}

type Ask = (request: Request) => Promise<Answer>;

/** A connection of its own, kept open, as a proxy keeps those to its upstream. */
function asker({ port }: Asking): Ask {
  const client = new Client(`http://127.0.0.1:${port}`, { pipelining: 1 });
  return async ({ method = 'GET', path, headers = {}, form }) => {
    const body = form === undefined ? null : new URLSearchParams(form).toString();
    const typed = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await client.request({ method, path, headers: { ...FROM_PROXY, ...typed, ...headers }, body });
    const location = answer.headers['location'];
    return { status: answer.statusCode, location: String(location ?? ''), body: await answer.body.text() };
  };
}

function expecting({ status, body }: Answer, wanted = 200): void {
  if (status !== wanted) throw new Error(`${status}: ${body.slice(0, 300)}`);
}

const tokensIn = (answer: Answer): Record<string, string> => {
  expecting(answer);
  return JSON.parse(answer.body) as Record<string, string>;
};

const everywhere = (lanes: number, lane: () => Lane): readonly Lane[] => Array.from({ length: lanes }, lane);

/** The same request, again and again. */
const always =
  (request: Request | ((asking: Asking) => Promise<Request>)): Operation['prepare'] =>
  async (lanes, asking) => {
    const what = typeof request === 'function' ? await request(asking) : request;
    return everywhere(lanes, () => {
      const ask = asker(asking);
      return async () => {
        expecting(await ask(what));
        return true;
      };
    });
  };

const WEB = { authorization: basic('web', WEB_SECRET) };
const TOKEN = { method: 'POST', path: '/token' } as const;
const SCOPE = 'openid profile email roles';

const { host: _ours, ...FORWARDED } = FROM_PROXY;

/** A browser that comes through the proxy. */
const browserAt = ({ port }: Asking): Browser => newBrowser({ send: throughProxy(port), headers: FORWARDED });

type Where = { readonly clientId: string; readonly redirectUri: string; readonly params?: Record<string, string> };

interface Code {
  readonly code: string;
  readonly verifier: string;
}

/** Through every page that comes, to the code. */
async function visit(browser: Browser, { clientId, redirectUri, params = {} }: Where, email: string): Promise<Code> {
  const request = authorizationRequest(ISSUER, { client_id: clientId, redirect_uri: redirectUri, ...params });
  await browser.open(request.url);
  if (browser.page.text.includes('name="password"')) await signsIn(browser, { identifier: email });
  if (browser.page.text.includes('value="allow"')) await browser.submit({}, 'Allow');
  const code = callbackOf(browser).get('code');
  if (code === null) throw new Error(`no code at ${browser.page.url}: ${browser.text.slice(0, 300)}`);
  return { code, verifier: request.verifier };
}

const codeForm = ({ code, verifier }: Code, redirectUri: string) => ({
  grant_type: 'authorization_code',
  code,
  code_verifier: verifier,
  redirect_uri: redirectUri,
});

const AT_ASK: Where = { clientId: 'ask', redirectUri: CALLBACK };
const AT_WEB: Where = { clientId: 'web', redirectUri: CALLBACK };
const AT_SPA: Where = {
  clientId: 'spa',
  redirectUri: SPA_CALLBACK,
  params: { scope: `${SCOPE} offline_access`, prompt: 'consent' },
};

/** Somebody's tokens for the API, at the app that asks. */
async function someTokens(asking: Asking, scope: string): Promise<Record<string, string>> {
  const params = { scope, ...(scope.includes('items') ? { resource: API } : {}) };
  const code = await visit(browserAt(asking), { ...AT_WEB, params }, asking.nextPerson());
  const ask = asker(asking);
  return tokensIn(await ask({ ...TOKEN, headers: WEB, form: codeForm(code, CALLBACK) }));
}

/** A person who comes for the first time: the form, the password, consent, the code, the tokens. Each is somebody else. */
const firstSignIn: Operation = {
  name: 'sign-in, first, with consent',
  lanes: 4,
  prepare: async (lanes, asking) =>
    everywhere(lanes, () => {
      const ask = asker(asking);
      return async () => {
        const code = await visit(browserAt(asking), AT_ASK, asking.nextPerson());
        const headers = { authorization: basic('ask', WEB_SECRET) };
        tokensIn(await ask({ ...TOKEN, headers, form: codeForm(code, CALLBACK) }));
        return true;
      };
    }),
};

/** The same person at the same app, from a browser that is signed in: the code at once, and the tokens. */
const repeatedSignIn: Operation = {
  name: 'sign-in, repeated',
  lanes: 8,
  prepare: async (lanes, asking) => {
    const signedIn = async (): Promise<Lane> => {
      const browser = browserAt(asking);
      await visit(browser, AT_WEB, asking.nextPerson());
      const ask = asker(asking);
      const authorize = await authorizer(browser, ask);
      return async () => {
        tokensIn(await ask({ ...TOKEN, headers: WEB, form: codeForm(await authorize(), CALLBACK) }));
        return true;
      };
    };
    return Promise.all(everywhere(lanes, () => async () => true).map(signedIn));
  },
};

/** Somebody who is signed in is sent to the app with a code. */
async function authorizer(browser: Browser, ask: Ask): Promise<() => Promise<Code>> {
  const cookies = Object.entries(await browser.cookiesAt(`${ISSUER}/auth`));
  const headers = { cookie: cookies.map(([name, value]) => `${name}=${value}`).join('; ') };
  return async () => {
    const verifier = randomBytes(32).toString('base64url');
    const { pathname, search } = new URL(
      authorizationRequest(ISSUER, {
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      }).url,
    );
    const answer = await ask({ path: pathname + search, headers });
    const code = answer.status === 303 ? new URL(answer.location).searchParams.get('code') : null;
    if (code === null) throw new Error(`no code: ${answer.status} ${answer.location} ${answer.body.slice(0, 200)}`);
    return { code, verifier };
  };
}

/** Codes are good for a minute: those of a run are fetched right before it. */
const CODES_OF_A_RUN = 1500;

function codeExchange(): Operation {
  let authorize: (() => Promise<Code>)[] = [];
  let codes: Code[] = [];
  return {
    name: 'code exchange',
    lanes: 8,
    async prepare(lanes, asking) {
      authorize = await Promise.all(
        Array.from({ length: lanes }, async () => {
          const browser = browserAt(asking);
          await visit(browser, AT_WEB, asking.nextPerson());
          return authorizer(browser, asker(asking));
        }),
      );
      return everywhere(lanes, () => {
        const ask = asker(asking);
        return async () => {
          const code = codes.pop();
          if (code === undefined) return false;
          tokensIn(await ask({ ...TOKEN, headers: WEB, form: codeForm(code, CALLBACK) }));
          return true;
        };
      });
    },
    async refill() {
      codes = [];
      const fetchAll = async (next: () => Promise<Code>) => {
        while (codes.length < CODES_OF_A_RUN) codes.push(await next());
      };
      await Promise.all(authorize.map(fetchAll));
    },
  };
}

function chainOf(ask: Ask, first: string): Lane {
  let token = first;
  return async () => {
    const next = { grant_type: 'refresh_token', refresh_token: token, client_id: 'spa' };
    const rotated = tokensIn(await ask({ ...TOKEN, form: next }))['refresh_token'];
    if (rotated === undefined || rotated === token) throw new Error('the refresh token was not rotated');
    token = rotated;
    return true;
  };
}

/** Chains of a public client: each refresh token is spent, and the next one is used. */
const refresh: Operation = {
  name: 'refresh with rotation',
  lanes: 16,
  prepare: async (lanes, asking) => {
    const chain = async (): Promise<Lane> => {
      const ask = asker(asking);
      const code = await visit(browserAt(asking), AT_SPA, asking.nextPerson());
      const form = { ...codeForm(code, SPA_CALLBACK), client_id: 'spa' };
      return chainOf(ask, tokensIn(await ask({ ...TOKEN, form }))['refresh_token'] ?? '');
    };
    const chains: Lane[] = [];
    for (let at = 0; at < lanes; at += 1) chains.push(await chain());
    return chains;
  },
};

const clientCredentials: Operation = {
  name: 'client credentials',
  lanes: 8,
  prepare: always({
    ...TOKEN,
    headers: { authorization: basic('robot', WEB_SECRET) },
    form: { grant_type: 'client_credentials', resource: API, scope: 'items:read' },
  }),
};

const discovery: Operation = {
  name: 'discovery',
  lanes: 16,
  prepare: always({ path: '/.well-known/openid-configuration' }),
};

/** What the bare engine is asked as well; chains of refresh tokens begin with those that it has made itself. */
export const OF_BARE_ENGINE = (tokens: readonly string[]): readonly Operation[] => [
  clientCredentials,
  discovery,
  {
    name: 'refresh with rotation',
    lanes: tokens.length,
    prepare: async (_lanes, asking) => tokens.map((token) => chainOf(asker(asking), token)),
  },
];

export const OPERATIONS: readonly Operation[] = [
  firstSignIn,
  repeatedSignIn,
  codeExchange(),
  refresh,
  clientCredentials,
  {
    name: 'introspection',
    lanes: 16,
    prepare: always(async (asking) => {
      const { access_token: token = '' } = await someTokens(asking, 'openid items:read');
      return { method: 'POST', path: '/token/introspection', headers: WEB, form: { token } };
    }),
  },
  {
    name: 'userinfo with a JWT',
    lanes: 16,
    prepare: always(async (asking) => {
      const { access_token: token } = await someTokens(asking, SCOPE);
      return { path: '/me', headers: { authorization: `Bearer ${token}` } };
    }),
  },
  discovery,
  { name: 'JWKS', lanes: 16, prepare: always({ path: '/jwks' }) },
];
