// The shop API beside a real server: people with tokens for it, and what it answers to them.
import { createShopApi, type ShopApiOptions } from '../../../examples/shop-api/shop-api.ts';
import { enrolsTotp } from '../../support/sign-in.ts';
import { API, CALLBACK, RESOURCES, startTestServer, type TestServer, WEB_SECRET } from '../../support/start-server.ts';
import { tokensOf, visitsAndSignsIn } from '../../support/visits.ts';

/** A name, as in the demo. */
export const AUDIENCE = 'https://api.shop.test';
export const SCOPES = 'earnings:read payout-account:write';
export const MASTER_SECRET = 'a-master-secret-for-tests-only-with-some-length-0815';

const SETTINGS = `mfa: optional${RESOURCES}
  ${AUDIENCE}:
    name: Shop API
    scopes: { earnings:read: See your earnings, payout-account:write: Change your account }
`;

const CLIENTS = {
  shop: `
client_id: shop
preset: web
redirect_uris: ["\${SHOP_URL:-http://localhost:3001}/callback"]
client_secrets: [{ value: gatehouse-demo-shop-secret-only-for-development }]
consent: skip
scope: openid profile email roles offline_access
resources: { "${AUDIENCE}": [earnings:read, payout-account:write] }
`,
  web: `
client_id: web
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: skip
scope: openid profile email roles offline_access
resources: { "${AUDIENCE}": [earnings:read, payout-account:write], "${API}": [items:read] }
`,
  robot: `
client_id: robot
preset: service
client_secrets: [{ value: "${WEB_SECRET}" }]
resources: { "${AUDIENCE}": [earnings:read, payout-account:write] }
roles: { assign: [shop-admin] }
`,
  'shop-api': `
client_id: shop-api
preset: service
client_secrets: [{ value: "${WEB_SECRET}" }]
introspect: ["${AUDIENCE}"]
`,
};

/** `shop` is the demo, which nobody has to allow anything here; `web` is an app of the API's, `robot` a program, `shop-api` the API itself. */
export const startIssuer = (env: Record<string, string> = {}, algorithm = 'RS256'): Promise<TestServer> =>
  startTestServer({
    settings: SETTINGS.replace('    name: Shop API', `    name: Shop API\n    signing_alg: ${algorithm}`),
    clients: { ...CLIENTS, shop: `${CLIENTS.shop}id_token_signed_response_alg: ${algorithm}\n` },
    env: { GATEHOUSE_SECRET: MASTER_SECRET, ...env },
  });

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The challenge, if there is one. */
  readonly challenge: string | null;
  readonly body: Record<string, unknown>;
}

export interface OpenApi {
  readonly url: string;
  readonly log: readonly string[];
  get(path: string, token?: string): Promise<Reply>;
  put(account: unknown, token?: string): Promise<Reply>;
  ask(path: string, init?: RequestInit): Promise<Reply>;
  close(): Promise<void>;
}

export async function openApi(options: Partial<ShopApiOptions> & { issuer: string }): Promise<OpenApi> {
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const api = createShopApi({ url: 'http://localhost:0', audience: AUDIENCE, log: write, ...options });
  const url = await api.listen();
  const ask = async (path: string, init: RequestInit = {}): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, init);
    const { status, headers } = response;
    const body = (await response.json()) as Record<string, unknown>;
    return { status, headers, challenge: headers.get('www-authenticate'), body };
  };
  const bearer = (token: string | undefined): Record<string, string> =>
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    url,
    log,
    ask,
    close: api.close,
    get: (path, token) => ask(path, { headers: bearer(token) }),
    put: (account, token) =>
      ask('/payout-account', {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...bearer(token) },
        body: JSON.stringify(account),
      }),
  };
}

export interface Who {
  readonly email: string;
  readonly roles?: readonly string[];
  readonly scope?: string;
  readonly resource?: string;
}

/** A new person signs in with a password at an app of the API's. */
export async function passwordTokens(
  server: TestServer,
  { email, roles = [], scope = SCOPES, resource = AUDIENCE }: Who,
) {
  await server.person({ email, roles });
  const params = { scope: `openid roles offline_access ${scope}`, resource };
  return tokensOf(server, await visitsAndSignsIn(server, { identifier: email, params }));
}

/** The same with a second factor, set up on the way. */
export async function secondFactorTokens(
  server: TestServer,
  { email, roles = ['vendor'], scope = SCOPES, resource = AUDIENCE }: Who,
) {
  await server.person({ email, roles });
  const params = { scope: `openid roles offline_access ${scope}`, resource, acr_values: 'mfa' };
  const visit = await visitsAndSignsIn(server, { identifier: email, params });
  await enrolsTotp(visit.browser);
  return tokensOf(server, visit);
}
