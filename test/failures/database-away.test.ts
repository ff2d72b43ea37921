// PostgreSQL away or silent: everybody is told within two seconds to come back, what needs no database goes on, and once
// it is back everything works without a restart.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { post, requestOf, signedIn, userinfo, WEB } from '../protocol/apps.ts';

import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type DatabaseLine, databaseLine } from '../support/database-line.ts';
import { newBrowser } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const EMAIL = 'jane@example.test';
const LIMIT_SECONDS = 2;

interface Timed {
  readonly name: string;
  readonly status: number;
  readonly seconds: number;
  readonly headers: Headers;
  readonly text: string;
}

async function timed(name: string, request: Promise<Response>): Promise<Timed> {
  const startedAt = performance.now();
  const response = await request;
  const text = await response.text();
  return {
    name,
    status: response.status,
    seconds: (performance.now() - startedAt) / 1000,
    headers: response.headers,
    text,
  };
}

describe.skipIf(!postgresAvailable())('with its database away', { timeout: 60_000 }, () => {
  let place: TestDatabase;
  let line: DatabaseLine;
  let server: TestServer;
  let issuer: string;
  beforeAll(async () => {
    place = await makeTestDatabase('postgres');
    line = await databaseLine(place.url ?? '');
    server = await startTestServer({ env: { DATABASE_URL: line.url } });
    issuer = server.issuer;
    await server.person({ email: EMAIL });
  });
  afterAll(async () => {
    await line.mend();
    await server.stop();
    await line.close();
    await place.remove();
  });

  const get = (path: string) => fetch(`${issuer}${path}`, { redirect: 'manual' });

  /** Somebody signed in, and somebody who is just about to. */
  async function everybody() {
    const { browser, tokens } = await signedIn(issuer, { email: EMAIL });
    const visitor = await newBrowser().open(requestOf(issuer, WEB).url);
    return { browser, tokens, visitor };
  }

  /** One request to each endpoint whose answer is in the database. */
  const programs = ({ tokens: { accessToken, refreshToken } }: Awaited<ReturnType<typeof everybody>>) => {
    const asked = (path: string, form: Record<string, string> | URLSearchParams) =>
      timed(path, post(`${issuer}${path}`, form, { client: WEB }));
    return [
      asked('/token', { grant_type: 'refresh_token', refresh_token: refreshToken }),
      asked('/token', {
        grant_type: 'authorization_code',
        code: 'x',
        redirect_uri: WEB.redirectUri,
        code_verifier: 'v',
      }),
      asked('/token/introspection', { token: accessToken }),
      asked('/token/introspection', { token: refreshToken }),
      asked('/token/revocation', { token: refreshToken }),
      asked('/request', new URL(requestOf(issuer, WEB).url).searchParams),
      timed('/me', userinfo(issuer, accessToken, { headers: { accept: 'text/html' } })),
    ];
  };

  const people = ({ browser, tokens, visitor }: Awaited<ReturnType<typeof everybody>>) => {
    const { action, data } = visitor.form({ identifier: EMAIL, password: 'whatever it is, it is long' }, 'Sign in');
    const end = `${issuer}/session/end?${new URLSearchParams({ id_token_hint: tokens.idToken })}`;
    return [
      timed('/auth, signed in', browser.request(requestOf(issuer, WEB).url)),
      timed('/auth, nobody', newBrowser().request(requestOf(issuer, WEB).url)),
      timed('/auth/:uid', visitor.request(visitor.page.url.replace('/interaction/', '/auth/'))),
      timed('/interaction/:uid', visitor.request(visitor.page.url)),
      timed('POST sign-in', visitor.request(action, { method: 'POST', form: data })),
      timed('/session/end', browser.request(end)),
    ];
  };

  const undisturbed = () => [
    timed('/', get('/')),
    timed('/livez', get('/livez')),
    timed('/jwks', get('/jwks')),
    timed('/.well-known/openid-configuration', get('/.well-known/openid-configuration')),
    timed('/.well-known/oauth-authorization-server', get('/.well-known/oauth-authorization-server')),
  ];

  const expectInTime = (answers: readonly Timed[], status: number) => {
    expect(answers.filter((each) => each.status !== status)).toEqual([]);
    expect(
      answers.filter(({ seconds }) => seconds > LIMIT_SECONDS).map(({ name, seconds }) => ({ name, seconds })),
    ).toEqual([]);
  };

  test.each(['refuse'] as const)('%s: whoever needs it is asked to come back, the rest goes on', async (how) => {
    const all = await everybody();
    await line[how]();
    const answers = { programs: programs(all), people: people(all), undisturbed: undisturbed() };
    const [told, shown, answered] = await Promise.all(Object.values(answers).map((each) => Promise.all(each)));
    expectInTime([...(told ?? []), ...(shown ?? [])], 503);
    expectInTime(answered ?? [], 200);
    for (const { headers, text } of told ?? []) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-type')).toContain('application/json');
      expect(JSON.parse(text)).toMatchObject({ error: 'server_error' });
    }
    for (const { headers, text } of shown ?? []) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.getSetCookie()).toEqual([]);
      expect(text).toContain('We cannot reach our records right now');
    }
    await line.mend();
  });
});
