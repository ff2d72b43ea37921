// Fetch standard (CORS), RFC 9700 section 2.6, T26: which scripts of other origins may read which answers. Casdoor
// CVE-2024-41657; Keycloak CVE-2026-37977.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorize, post, redeemFor, requestOf, SPA, signedIn, tokensOf, WEB } from '../protocol/apps.ts';
import { CALLBACK, SPA_CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';

describe('T26 scripts of other origins: Casdoor CVE-2024-41657; Keycloak CVE-2026-37977', () => {
  const SPA_ORIGIN = 'https://spa.example.test';
  const SECOND_SPA_ORIGIN = 'http://localhost:5173';
  const WEB_ORIGIN = 'https://app.example.test';

  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({
      clients: {
        spa: `
client_id: spa
preset: spa
redirect_uris: ["${SPA_CALLBACK}"]
consent: skip
scope: openid profile email roles offline_access
allowed_origins: ["${SPA_ORIGIN}", "${SECOND_SPA_ORIGIN}"]
`,
        web: `
client_id: web
preset: web
redirect_uris: ["${CALLBACK}"]
post_logout_redirect_uris: ["https://app.example.test/"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
scope: openid profile email roles offline_access
allowed_origins: ["${WEB_ORIGIN}"]
`,
        // Its redirect address is at an origin that its file does not open to scripts.
        closed: `
client_id: closed
preset: spa
redirect_uris: ["https://closed.example.test/callback"]
consent: skip
allowed_origins: []
`,
      },
    });
    await server.person({ email: 'jane@example.test' });
  });

  afterAll(() => server.stop());

  /** Origins that no client's file names. */
  const foreignOrigins = () => [
    'https://evil.test',
    'null',
    'https://spa.example.test.evil.test',
    'https://evil-spa.example.test',
    'https://sub.spa.example.test',
    'http://spa.example.test',
    'https://spa.example.test:8443',
    'https://SPA.example.test',
    'https://spa.example.test/',
    'https://spa.example.test,https://evil.test',
    'http://localhost:5174',
    'http://localhost',
    'https://closed.example.test',
    server.issuer,
  ];

  /** The origin that may read the answer, or null. */
  async function readerOf(response: Response): Promise<string | null> {
    await response.text();
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    const reader = response.headers.get('access-control-allow-origin');
    if (reader !== null && reader !== '*') expect(response.headers.get('vary')?.toLowerCase()).toContain('origin');
    return reader;
  }

  const preflight = (path: string, origin: string, method: string, headers?: string) =>
    fetch(`${server.issuer}${path}`, {
      method: 'OPTIONS',
      redirect: 'manual',
      headers: {
        origin,
        'access-control-request-method': method,
        ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
      },
    });

  const OPEN = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks'];
  const BY_CLIENT = ['/token', '/me', '/token/revocation'];

  test('metadata and keys are open to every script', async () => {
    for (const path of [...OPEN, '/JWKS', '/.well-known/openid-configuration/']) {
      for (const origin of ['https://evil.test', 'null', SPA_ORIGIN, 'http://localhost:9999']) {
        const answer = await fetch(`${server.issuer}${path}`, { headers: { origin } });
        expect(answer.status).toBe(200);
        expect([origin, '*']).toContain(await readerOf(answer));
        const asked = await preflight(path, origin, 'GET');
        expect(asked.status).toBe(204);
        expect([origin, '*']).toContain(await readerOf(asked));
      }
    }
  });

  test('a script of an origin that a file names may ask token, userinfo and revocation, with the headers it needs', async () => {
    for (const path of [...BY_CLIENT, '/TOKEN', '/me/', '/Token/Revocation']) {
      for (const origin of [SPA_ORIGIN, SECOND_SPA_ORIGIN, WEB_ORIGIN]) {
        const asked = await preflight(path, origin, 'POST', 'authorization,content-type,dpop');
        expect(asked.status, path).toBe(204);
        expect(await readerOf(asked), path).toBe(origin);
        expect(asked.headers.get('access-control-allow-methods'), path).toContain('POST');
        expect(asked.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
      }
    }
    const userinfo = await preflight('/me', SPA_ORIGIN, 'GET', 'authorization');
    expect(userinfo.headers.get('access-control-allow-methods')).toContain('GET');
  });

  test('to a script of any other origin no preflight says yes', async () => {
    for (const path of [...BY_CLIENT, '/TOKEN', '/me/']) {
      for (const origin of foreignOrigins()) {
        expect(await readerOf(await preflight(path, origin, 'POST', 'authorization')), `${path} ${origin}`).toBeNull();
      }
    }
  });

  interface Seen {
    readonly status: number;
    readonly reader: string | null;
  }

  const seen = async (response: Response): Promise<Seen> => ({
    status: response.status,
    reader: await readerOf(response),
  });

  /** The same request to each endpoint as this app, from this origin. */
  async function asks(app: typeof SPA | typeof WEB, origin: string): Promise<Record<string, Seen>> {
    const { browser } = await authorize(server.issuer, { app, email: 'jane@example.test' });
    const { code, request } = await authorize(server.issuer, { app, browser });
    const { tokens } = await signedIn(server.issuer, { app, browser });
    const id: Record<string, string> = app.secret === undefined ? { client_id: app.clientId } : {};
    const sent = { client: app, headers: { origin } };
    const bearer = { origin, authorization: `Bearer ${tokens.accessToken}` };
    const codeForm = {
      grant_type: 'authorization_code',
      code,
      code_verifier: request.verifier,
      redirect_uri: app.redirectUri,
    };
    return {
      redeem: await seen(await post(`${server.issuer}/token`, { ...codeForm, ...id }, sent)),
      userinfo: await seen(await fetch(`${server.issuer}/me`, { headers: bearer })),
      'userinfo by POST': await seen(await fetch(`${server.issuer}/me`, { method: 'POST', headers: bearer })),
      revoke: await seen(await post(`${server.issuer}/token/revocation`, { token: tokens.refreshToken, ...id }, sent)),
      'redeem again': await seen(await post(`${server.issuer}/Token/`, { ...codeForm, ...id }, sent)),
    };
  }

  test('the answers to a client are for scripts of the origins in its own file, errors included', async () => {
    for (const [app, own] of [
      [SPA, SPA_ORIGIN],
      [SPA, SECOND_SPA_ORIGIN],
      [WEB, WEB_ORIGIN],
    ] as const) {
      for (const [what, answer] of Object.entries(await asks(app, own))) {
        expect(answer, what).toEqual({ status: what === 'redeem again' ? 400 : 200, reader: own });
      }
    }
  });

  test('no script of another origin reads an answer, not even one that another client’s file names', async () => {
    for (const origin of [
      WEB_ORIGIN,
      'https://evil.test',
      'null',
      'https://spa.example.test.evil.test',
      server.issuer,
    ]) {
      for (const [what, { reader }] of Object.entries(await asks(SPA, origin)))
        expect(reader, `${what} ${origin}`).toBeNull();
    }
    for (const [what, { reader }] of Object.entries(await asks(WEB, SPA_ORIGIN))) expect(reader, what).toBeNull();
  });

  test('a script learns that its token has ended; where no client is known, nobody else learns anything', async () => {
    const { browser, tokens } = await signedIn(server.issuer, { app: SPA, email: 'jane@example.test' });
    await browser.open(`${server.issuer}/session/end?id_token_hint=${tokens.idToken}`);
    for (const [origin, reader] of [
      [SPA_ORIGIN, SPA_ORIGIN],
      ['https://evil.test', null],
      ['null', null],
    ] as const) {
      const headers = { origin };
      const refused = [
        await fetch(`${server.issuer}/me`, { headers: { origin, authorization: `Bearer ${tokens.accessToken}` } }),
        await fetch(`${server.issuer}/me`, { headers: { origin, authorization: 'Bearer nonsense' } }),
        await post(
          `${server.issuer}/token`,
          { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'nobody' },
          { headers },
        ),
        await post(`${server.issuer}/token/revocation`, { token: 'x', client_id: 'nobody' }, { headers }),
      ];
      for (const response of refused) {
        const { status } = response;
        expect(await seen(response), `${status} ${response.url}`).toEqual({ status: 401, reader });
      }
    }
    const wrongSecret = { client: { ...WEB, secret: 'wrong' }, headers: { origin: SPA_ORIGIN } };
    const answer = await post(
      `${server.issuer}/token`,
      { grant_type: 'refresh_token', refresh_token: 'x' },
      wrongSecret,
    );
    expect(await readerOf(answer)).toBeNull();
  });

  test('an app that keeps to itself gets its tokens all the same: origins limit scripts, not requests', async () => {
    const { browser } = await authorize(server.issuer, { email: 'jane@example.test' });
    const authorized = await authorize(server.issuer, { app: SPA, browser });
    expect((await redeemFor(server.issuer, SPA, authorized)).status).toBe(200);
  });

  test('pages, authorization, sign-out, introspection and PAR answer no script of any other origin', async () => {
    const { browser } = await authorize(server.issuer, { app: SPA, email: 'jane@example.test' });
    const { tokens } = await signedIn(server.issuer, { browser });
    const auth = (params: Record<string, string>, app = SPA) => requestOf(server.issuer, app, params).url;
    for (const origin of [SPA_ORIGIN, WEB_ORIGIN, 'https://evil.test', 'null']) {
      const headers = { origin };
      const answers: Record<string, Response> = {
        'a code': await browser.request(auth({}), { headers }),
        'a form post': await browser.request(auth({ response_mode: 'form_post' }), { headers }),
        'an error': await fetch(auth({ prompt: 'none' }), { headers, redirect: 'manual' }),
        'AUTH in capitals': await browser.request(auth({}).replace('/auth?', '/AUTH/?'), { headers }),
        'a refused request': await fetch(auth({ redirect_uri: 'https://evil.test' }), { headers, redirect: 'manual' }),
        'the sign-in page': await fetch(auth({}), { headers }),
        'the landing page': await fetch(`${server.issuer}/`, { headers }),
        health: await fetch(`${server.issuer}/livez`, { headers }),
        'no page': await fetch(`${server.issuer}/nothing-here`, { headers }),
        'sign-out': await browser.request(`${server.issuer}/session/end`, { headers }),
        introspection: await post(
          `${server.issuer}/token/introspection`,
          { token: tokens.refreshToken },
          { client: WEB, headers },
        ),
        PAR: await post(`${server.issuer}/request`, new URL(auth({}, WEB)).searchParams, { client: WEB, headers }),
        'PAR of a public client': await post(`${server.issuer}/request/`, new URL(auth({})).searchParams, { headers }),
      };
      for (const [what, answer] of Object.entries(answers)) {
        const cors = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
        expect(cors, `${what} for ${origin}`).toEqual([]);
        await answer.text();
      }
      for (const path of [
        '/auth',
        '/request',
        '/token/introspection',
        '/session/end',
        '/session/end/confirm',
        '/',
        '/livez',
        '/interaction/x',
      ]) {
        const asked = await preflight(path, origin, 'POST', 'content-type');
        const cors = [...asked.headers.keys()].filter((name) => name.startsWith('access-control-'));
        expect(cors, `preflight to ${path} for ${origin}`).toEqual([]);
        await asked.text();
      }
    }
  });

  test('a refresh from a script works like any other, and its answer can be read', async () => {
    const { tokens } = await signedIn(server.issuer, { app: SPA, email: 'jane@example.test' });
    const answer = await post(
      `${server.issuer}/token`,
      { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, client_id: 'spa' },
      { headers: { origin: SPA_ORIGIN } },
    );
    expect(answer.headers.get('access-control-allow-origin')).toBe(SPA_ORIGIN);
    expect(tokensOf((await answer.json()) as Record<string, unknown>).refreshToken).not.toBe(tokens.refreshToken);
  });
});
