// Every error carries a short reference, wherever it goes, and the log and the table know it by the same one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newBrowser } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { answerAt, authorize, post, ROBOT, redeemFor, requestOf, SPA, signedIn, userinfo, WEB } from './apps.ts';
import { REFERENCE, referenceAtEnd, referencesKept } from './references.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: { small: SMALL } });
  await server.person({ email: 'ada@example.test' });
});

afterAll(() => server.stop());

const SMALL = `
client_id: small
preset: spa
redirect_uris: ["${SPA.redirectUri}"]
scope: openid
`;

const at = (path: string): string => `${server.issuer}${path}`;

/** The error meets its log lines and its row. */
async function expectKnown(reference: string, expected: Record<string, unknown> = {}): Promise<void> {
  const kept = await referencesKept(server);
  expect(kept.map((row) => row.reference)).toContain(reference);
  expect(kept.find((row) => row.reference === reference)).toMatchObject(expected);
  const lines = server.logLines.filter((line) => line['reference'] === reference);
  expect(lines.map((line) => line['event'])).toContain('http.request');
  expect(new Set(lines.map((line) => line['requestId'])).size).toBe(1);
}

describe('a page', () => {
  const shown = async (url: string): Promise<{ status: number; reference: string; text: string }> => {
    const browser = await newBrowser().open(url);
    const shownCodes = browser.document.querySelectorAll('.reference code').map((code) => code.textContent);
    const reference = shownCodes.find((code) => REFERENCE.test(code));
    if (reference === undefined) throw new Error(`no reference on: ${browser.text}`);
    return { status: browser.page.status, reference, text: browser.text };
  };

  test('of a request that cannot be answered', async () => {
    const page = await shown(requestOf(server.issuer, WEB, { redirect_uri: 'https://evil.example/' }).url);
    expect(page.status).toBe(400);
    await expectKnown(page.reference, { client_id: 'web' });
    expect(server.logLines).toContainEqual(
      expect.objectContaining({ event: 'authorization.error', reference: page.reference }),
    );
  });

  test('of an unknown client, and of one whose name nobody said', async () => {
    await expectKnown((await shown(requestOf(server.issuer, WEB, { client_id: 'wep' }).url)).reference);
    await expectKnown((await shown(requestOf(server.issuer, WEB, { client_id: undefined }).url)).reference);
  });

  test('that does not exist', async () => {
    const page = await shown(at('/nowhere'));
    expect(page.status).toBe(404);
    await expectKnown(page.reference, {
      kind: 'page.refused',
      details: { values: { code: 'not_found', status: '404' } },
    });
  });

  test('of a sign-in that is over, from us and from the engine', async () => {
    for (const path of ['/interaction/gone?client=web', '/auth/gone']) {
      const page = await shown(at(path));
      expect(page.status).toBe(400);
      await expectKnown(page.reference);
    }
  });

  test('that a program asks for is problem+json with the same reference', async () => {
    const response = await fetch(at('/nowhere'), { headers: { accept: 'application/json' } });
    const problem = (await response.json()) as { reference: string };
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(problem.reference).toMatch(REFERENCE);
    await expectKnown(problem.reference);
  });

  test('is in German where the person reads German', async () => {
    const { text } = await shown(
      `${requestOf(server.issuer, WEB, { redirect_uri: 'https://evil.example/' }).url}&ui_locales=de`,
    );
    expect(text).toMatch(/Kennung ?[0-9A-Z]{5}-[0-9A-Z]{5}/);
  });
});

describe('the JSON of', () => {
  const cases: Readonly<Record<string, () => Promise<Response>>> = {
    'a wrong secret at the token endpoint': () =>
      post(at('/token'), { grant_type: 'client_credentials' }, { client: { ...ROBOT, secret: 'wrong'.repeat(8) } }),
    'a grant type that the client may not use': () =>
      post(at('/token'), { grant_type: 'client_credentials' }, { client: WEB }),
    'an unknown code': () =>
      post(
        at('/token'),
        { grant_type: 'authorization_code', code: 'x', redirect_uri: WEB.redirectUri },
        { client: WEB },
      ),
    'a pushed request that is refused': () =>
      post(
        at('/request'),
        { client_id: 'web', response_type: 'code', redirect_uri: 'https://evil.example/' },
        { client: WEB },
      ),
    'introspection without a token': () => post(at('/token/introspection'), {}, { client: WEB }),
    'revocation by nobody': () => post(at('/token/revocation'), { token: 'x' }),
    'userinfo with a made-up token': () => userinfo(server.issuer, 'made-up'),
  };

  test.each(Object.entries(cases))('%s ends with the reference', async (_, ask) => {
    const response = await ask();
    const body = (await response.json()) as { error_description: string };
    expect(response.status).toBeGreaterThanOrEqual(400);
    const reference = referenceAtEnd(body.error_description);
    // RFC 6749 section 5.2.
    expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    await expectKnown(reference);
  });

  test('userinfo and client authentication says it in WWW-Authenticate too', async () => {
    const wrong = { client: { ...ROBOT, secret: 'wrong'.repeat(8) } };
    for (const response of [
      await userinfo(server.issuer, 'made-up'),
      await post(at('/token'), { grant_type: 'client_credentials' }, wrong),
    ]) {
      const { error_description: said } = (await response.json()) as { error_description: string };
      expect(response.headers.get('www-authenticate')).toContain(`error_description="${said}"`);
      expect(referenceAtEnd(said)).toMatch(REFERENCE);
    }
  });

  test('userinfo without a token keeps a challenge without an error, as RFC 6750 section 3.1 has it', async () => {
    const response = await fetch(at('/me'));
    expect(response.headers.get('www-authenticate')).not.toContain('error');
    expect(referenceAtEnd(((await response.json()) as { error_description: string }).error_description)).toMatch(
      REFERENCE,
    );
  });

  test('a description that quotes the caller stays within the characters of RFC 6749', async () => {
    const resource = 'https://nowhere.example/"\\ü';
    const response = await post(at('/token'), { grant_type: 'client_credentials', resource }, { client: ROBOT });
    const { error, error_description: said } = (await response.json()) as Record<string, string>;
    expect(error).toBe('invalid_target');
    expect(said).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  test('a replay, whose transaction revokes what there was, leaves its reference too', async () => {
    const authorized = await authorize(server.issuer, { email: 'ada@example.test' });
    expect((await redeemFor(server.issuer, WEB, authorized)).status).toBe(200);
    const { status, body } = await redeemFor(server.issuer, WEB, authorized);
    expect(status).toBe(400);
    await expectKnown(referenceAtEnd(body['error_description']));
  });

  test('what succeeds has none', async () => {
    const { tokens } = await signedIn(server.issuer, { email: 'ada@example.test' });
    const response = await userinfo(server.issuer, tokens.accessToken);
    expect(await response.text()).not.toMatch(REFERENCE);
    const lines = server.logLines.filter((line) => line['requestId'] === response.headers.get('x-request-id'));
    for (const line of lines) expect(line).not.toHaveProperty('reference');
  });
});

describe('an error that goes back to the app', () => {
  test('carries it in the query', async () => {
    const response = await newBrowser().request(requestOf(server.issuer, WEB, { prompt: 'none' }).url);
    const answer = answerAt(response.headers.get('location'));
    expect(answer.get('error')).toBe('login_required');
    await expectKnown(referenceAtEnd(answer.get('error_description')));
  });

  test('carries it in the form of form_post', async () => {
    const { url } = requestOf(server.issuer, SPA, {
      client_id: 'small',
      scope: 'openid roles',
      response_mode: 'form_post',
    });
    const browser = await newBrowser().open(url);
    const field = browser.document.querySelector('input[name=error_description]');
    await expectKnown(referenceAtEnd(field?.getAttribute('value')));
    expect(browser.document.querySelector('input[name=error]')?.getAttribute('value')).toBe('invalid_scope');
  });

  test('carries one also where the engine would say nothing more than the error', async () => {
    const { url } = requestOf(server.issuer, WEB, {
      scope: 'openid',
      prompt: 'none',
      response_type: 'code',
      request: 'x',
    });
    const response = await newBrowser().request(url);
    const answer = answerAt(response.headers.get('location'));
    expect(answer.get('error')).toBe('request_not_supported');
    expect(answer.get('error_description')).toMatch(/^reference [0-9A-Z]{5}-[0-9A-Z]{5}$/);
  });

  test('carries it when the person pressed Cancel', async () => {
    const browser = await newBrowser().open(requestOf(server.issuer, WEB).url);
    await browser.submit({}, 'Cancel');
    const answer = new URL(browser.page.url).searchParams;
    expect(answer.get('error')).toBe('access_denied');
    await expectKnown(referenceAtEnd(answer.get('error_description')));
  });
});
