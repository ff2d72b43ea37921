// T59: as much as one likes of one character, wherever the public can put it, keeps the server for no time.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION, authorize } from '../protocol/apps.ts';
import { CROWD_SETTINGS } from '../support/crowd.ts';
import { type MeasuredServer, type Sent, startMeasuredServer } from '../support/measured-server.ts';
import { basic, newBrowser } from '../support/sign-in.ts';
import { WEB_SECRET } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

let server: MeasuredServer;

beforeAll(async () => {
  server = await startMeasuredServer(['jane@example.test'], { settings: CROWD_SETTINGS });
  // What is loaded and compiled once is no cost of the first long text.
  await authorize(server.issuer, { email: 'jane@example.test' });
});

afterAll(() => server.stop());

/** What patterns that try every way to match are slow with: much of the same, and an end that does not fit. */
const REPEATED = [
  ...['a', '@', ',', ' ', '%', '%41', '.', '-', '\t', 'a.', 'a@', '=', ';q=', '"', '\\', '(', '1', 'é'],
] as const;

const longText = (piece: string, bytes: number) => `${piece.repeat(Math.floor(bytes / piece.length))}!`;
/** As many of them as take this much in a form or an address, where a comma takes three letters. */
const encodedText = (piece: string, bytes: number) =>
  longText(piece, (bytes * piece.length) / (new URLSearchParams([['', piece]]).toString().length - 1));

const KB = 1_000;
/** More than anything may be long. */
const FAR_TOO_LONG = 100 * KB;
/** Milliseconds of CPU of the thread that answers requests. */
const MOST_MS = 50;

const isRefusal = (status: number) => status >= 400 && status < 500;

async function isQuick(path: string, sent: Sent, what: string): Promise<number> {
  const { status, mainMs } = await server.costs(path, sent, (cost) => cost.mainMs < MOST_MS);
  expect(status, what).toBeLessThan(500);
  expect(mainMs, what).toBeLessThan(MOST_MS);
  return status;
}

/** Who still sends headers when the connection is closed may not get to read why. */
async function isRefusedUnread(path: string, sent: Sent, what: string): Promise<void> {
  expect([0, 400, 431], what).toContain(await isQuick(path, sent, what));
}

const posted = (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Sent => ({
  method: 'POST',
  body: new URLSearchParams(form).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
});

const PARAMETERS = [
  ...new Set([
    ...Object.keys(AUTHORIZATION),
    ...['acr_values', 'claims', 'claims_locales', 'display', 'dpop_jkt', 'id_token_hint', 'login_hint', 'max_age'],
    ...['prompt', 'request', 'request_uri', 'resource', 'response_mode', 'ui_locales', 'something_else'],
  ]),
];
const FOR_PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  '/token': [
    ...['grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token', 'scope', 'resource'],
    ...['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'],
  ],
  '/token/introspection': ['token', 'token_type_hint'],
  '/token/revocation': ['token', 'token_type_hint'],
};
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  '/session/end': ['id_token_hint', 'post_logout_redirect_uri', 'client_id', 'state', 'ui_locales', 'logout_hint'],
  '/verify-email': ['token', 'ui_locales'],
  '/reset-password': ['token', 'ui_locales'],
  '/me': ['access_token'],
};
const HEADERS = [
  ...['accept', 'accept-language', 'accept-encoding', 'authorization', 'content-type', 'cookie', 'dpop', 'forwarded'],
  ...['if-match', 'if-none-match', 'if-modified-since', 'origin', 'range', 'referer', 'traceparent', 'user-agent'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-request-id', 'x-something-else'],
];

describe('T59 patterns that never end (Koa CVE-2025-25200; ASVS 1.3.12)', () => {
  const asWeb = { authorization: basic('web', WEB_SECRET) };

  describe.each(REPEATED)('nothing but "%s"', (piece) => {
    test('in any parameter of a sign-in', async () => {
      for (const name of PARAMETERS) {
        const at = (bytes: number) =>
          `/auth?${new URLSearchParams({ ...AUTHORIZATION, [name]: encodedText(piece, bytes) })}`;
        await isQuick(at(10 * KB), {}, name);
        await isRefusedUnread(at(FAR_TOO_LONG), {}, name);
        const pushed = (bytes: number) => posted({ ...AUTHORIZATION, [name]: encodedText(piece, bytes) }, asWeb);
        await isQuick('/request', pushed(50 * KB), name);
        expect(await isQuick('/request', pushed(FAR_TOO_LONG), name)).toSatisfy(isRefusal);
      }
    });

    test('in any parameter that programs send, and of an address', async () => {
      for (const [path, names] of Object.entries(FOR_PROGRAMS)) {
        for (const name of names) {
          const form = { grant_type: 'refresh_token', refresh_token: 'x', token: 'x' };
          for (const bytes of [50 * KB, FAR_TOO_LONG]) {
            const sent = posted({ ...form, [name]: encodedText(piece, bytes) }, name.startsWith('client') ? {} : asWeb);
            const status = await isQuick(path, sent, `${path} ${name}`);
            if (bytes === FAR_TOO_LONG) expect(status).toSatisfy(isRefusal);
          }
        }
      }
      for (const [path, names] of Object.entries(ADDRESSES)) {
        for (const name of names) {
          const at = (bytes: number) => `${path}?${new URLSearchParams({ [name]: encodedText(piece, bytes) })}`;
          await isQuick(at(10 * KB), {}, `${path} ${name}`);
          await isRefusedUnread(at(FAR_TOO_LONG), {}, `${path} ${name}`);
        }
      }
    });

    test('in any header', async () => {
      for (const name of HEADERS) {
        const headers = (bytes: number) => ({ [name]: longText(piece, bytes) });
        for (const path of ['/auth', '/me', '/account', '/api/v1/accounts', '/assets/style.css']) {
          await isQuick(path, { headers: headers(12 * KB) }, `${name} ${path}`);
        }
        await isRefusedUnread('/auth', { headers: headers(FAR_TOO_LONG) }, name);
      }
    });

    test('in any field of a form', async () => {
      const { browser } = await visits(server);
      const page = newBrowser();
      await page.open(`${server.issuer}/reset-password`);
      for (const [who, form] of [
        [browser, browser.form({ identifier: 'jane@example.test', password: 'wrong' }, 'Sign in')],
        [page, page.form({ identifier: 'jane@example.test' })],
      ] as const) {
        const { pathname, search } = new URL(form.action);
        const headers = { cookie: await who.jar.getCookieString(form.action), origin: server.issuer };
        for (const name of Object.keys(form.data)) {
          const sent = (bytes: number) => posted({ ...form.data, [name]: encodedText(piece, bytes) }, headers);
          await isQuick(pathname + search, sent(12 * KB), name);
          expect(await isQuick(pathname + search, sent(FAR_TOO_LONG), name)).toSatisfy(isRefusal);
        }
      }
    });
  });
});
