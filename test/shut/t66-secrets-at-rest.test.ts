// Neither the log, at its most talkative, nor a stolen database holds anything that opens a door.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveKey } from '../../src/crypto/derived-keys.ts';
import { createSealedBox, SealBroken } from '../../src/crypto/sealed-box.ts';
import { issueSetupLink } from '../../src/first-administrator/setup-link.ts';
import { setupAddress } from '../../src/first-run/address.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { basic, callbackOf, enrolsTotp, newBrowser, redeem, totpCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import {
  codeOf,
  databaseAsText,
  isBackAtApp,
  tokensOf,
  userinfo,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

describe('T66 secrets at rest: ASVS 11.3, 13.3; NIST SP 800-63B 3.1.2.2, 3.1.4.2', () => {
  const PASSWORD = 'Zebra-Quartz-9431-password';
  const WRONG_PASSWORD = 'Walrus-Onyx-2718-mistyped';
  const PASSWORD_AS_NAME = 'Ferret-Topaz-3141-in-the-wrong-field';
  const WRONG_SECRET = 'a-wrong-client-secret-Lynx-Opal-1618-of-some-length';

  /** By what they are, every value of this file's sign-ins that opens something. */
  const secrets = new Map<string, string>();

  let server: TestServer;

  const keep = (what: string, value: string | null | undefined): string => {
    if (!value) throw new Error(`${what} was not found`);
    secrets.set(`${what} ${secrets.size}`, value);
    return value;
  };

  /** A browser whose every cookie, as it was set, is kept. */
  const watchedBrowser = (): Browser =>
    newBrowser({
      send: async (url, request) => {
        const response = await fetch(url, { ...request, redirect: 'manual' });
        for (const cookie of response.headers.getSetCookie()) {
          const value = /^[^=]+=([^;]+)/.exec(cookie)?.[1];
          if (value !== undefined) keep('cookie', value);
        }
        return response;
      },
    });

  beforeAll(async () => {
    server = await startTestServer({ logLevel: 'debug' });
    await server.person({ email: 'ada@example.test', password: PASSWORD });
    for (const [what, value] of Object.entries({
      PASSWORD,
      WRONG_PASSWORD,
      PASSWORD_AS_NAME,
      WRONG_SECRET,
      WEB_SECRET,
    })) {
      keep(what, value);
    }
    keep('basic credentials', basic('web', WEB_SECRET).slice('Basic '.length));
    keep('master secret', readFileSync(path.join(server.dataDir, 'secret'), 'utf8').trim());
    await enrolsAndUsesEverything();
    await signsInAgain();
    await becomesAdministrator();
    await appsMakeMistakes();
  }, 60_000);

  afterAll(() => server.stop());

  async function enrolsAndUsesEverything(): Promise<void> {
    const browser = watchedBrowser();
    const scope = 'openid profile email offline_access';
    const visit = await visits(server, { acr_values: 'mfa', scope }, browser);
    keep('csrf token', browser.form({}, 'Cancel').data['csrf']);
    await browser.submit({ identifier: PASSWORD_AS_NAME, password: WRONG_PASSWORD }, 'Sign in');
    await browser.submit({ identifier: 'ada@example.test', password: PASSWORD }, 'Sign in');
    const key = keep('key as shown', /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]);
    const secret = keep('key', key.replaceAll(' ', ''));
    await browser.submit({ code: keep('TOTP code', totpCode(secret)) }, 'Confirm');
    const codes = browser.text.match(/[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g) ?? [];
    for (const code of codes) {
      keep('recovery code as shown', code);
      keep('recovery code', code.replaceAll('-', ''));
    }
    await browser.submit({}, 'stored them');
    keep('authorization code', codeOf(visit));
    keep('code verifier', visit.request.verifier);
    const tokens = await tokensOf(server, visit);
    keep('access token', tokens.accessToken);
    keep('ID token', tokens.idTokenText);
    const refreshToken = keep('refresh token', tokens.refreshToken);
    await userinfo(server, tokens);
    const refreshed = await redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: refreshToken });
    keep('refreshed access token', String(refreshed.body['access_token']));
    const next = await visits(server, { id_token_hint: tokens.idTokenText, prompt: 'none' }, browser.newTab());
    keep('second authorization code', callbackOf(next.browser).get('code'));

    const other = await visitsAndSignsIn(server, {
      identifier: 'ada@example.test',
      password: PASSWORD,
      browser: watchedBrowser(),
    });
    await other.browser.click('Use a recovery code');
    await other.browser.submit({ code: codes[0] ?? '' }, 'Continue');
    expect(isBackAtApp(other)).toBe(true);
    keep('third authorization code', codeOf(other));
  }

  /** Left in the middle, so that what an unfinished sign-in keeps is looked at too. */
  async function signsInAgain(): Promise<void> {
    const browser = watchedBrowser();
    await visitsAndSignsIn(server, { identifier: 'ada@example.test', password: PASSWORD, browser });
    keep('csrf token', browser.form({}, 'Not you?').data['csrf']);
    await browser.submit({ code: '000000' }, 'Continue');
    await server.person({ email: 'ben@example.test', password: PASSWORD });
    const enrolling = watchedBrowser();
    await visitsAndSignsIn(server, {
      identifier: 'ben@example.test',
      password: PASSWORD,
      params: { acr_values: 'mfa' },
      browser: enrolling,
    });
    const key = keep('key as shown', /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(enrolling.text)?.[0]);
    const secret = keep('key', key.replaceAll(' ', ''));
    await enrolling.submit({ code: keep('TOTP code', totpCode(secret)) }, 'Confirm');
    for (const code of enrolling.text.match(/[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g) ?? [])
      keep('recovery code as shown', code);
  }

  /** One link is used; the next one would have been as good. */
  async function becomesAdministrator(): Promise<void> {
    const issue = async (): Promise<string> => {
      const issued = await issueSetupLink({ db: server.database.db, clock: movingClock });
      if (issued.outcome !== 'issued') throw new Error(issued.outcome);
      return keep('set-up token', issued.token);
    };
    await issue();
    const browser = watchedBrowser();
    await browser.open(setupAddress(server.issuer, await issue()));
    keep('csrf token', browser.form({ email: '' }, 'Continue').data['csrf']);
    await browser.submit({ email: 'root@example.test', password: PASSWORD }, 'Continue');
    const { secret, recoveryCodes, spent } = await enrolsTotp(browser);
    keep('key', secret);
    keep('TOTP code', spent);
    for (const code of recoveryCodes) keep('recovery code as shown', code);
    expect(browser.title).toContain('has its administrator');
  }

  async function appsMakeMistakes(): Promise<void> {
    const code = keep('made-up code', 'a-code-that-nobody-issued-Heron-Jade-1414');
    const refreshToken = keep('made-up refresh token', 'a-refresh-token-of-nobody-Otter-Ruby-1732');
    const bearer = keep('made-up access token', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJSYXZlbi1QZWFybCJ9.x');
    const forms: Record<string, string>[] = [
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: 'https://app.example.test/callback',
        code_verifier: code,
      },
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      { grant_type: 'client_credentials' },
      { grant_type: 'nonsense', client_secret: WRONG_SECRET },
    ];
    for (const form of forms) {
      for (const secret of [WEB_SECRET, WRONG_SECRET]) await redeem(server.issuer, form, { clientId: 'web', secret });
    }
    const headers = { authorization: `Bearer ${bearer}` };
    await fetch(`${server.issuer}/me`, { headers });
    for (const route of ['token/introspection', 'token/revocation']) {
      const body = new URLSearchParams({ token: refreshToken });
      await fetch(`${server.issuer}/${route}`, {
        method: 'POST',
        body,
        headers: { authorization: basic('web', WEB_SECRET) },
      });
    }
    await fetch(`${server.issuer}/auth?client_id=web&code=${code}&password=${PASSWORD}&redirect_uri=x`);
    await fetch(`${server.issuer}/nothing/${refreshToken}?token=${bearer}`);
    await fetch(`${server.issuer}/auth/${code}`);
  }

  /** Digits alone may stand in any number; everything else is found wherever it is. */
  const found = (text: string): string[] =>
    [...secrets]
      .filter(([, value]) =>
        /^\d{6}$/.test(value) ? new RegExp(`(?<![\\da-f])${value}(?![\\da-f])`).test(text) : text.includes(value),
      )
      .map(([what]) => what);

  test('the sign-ins above left something to look for, and the search finds it', () => {
    expect(secrets.size).toBeGreaterThan(60);
    for (const [what, value] of secrets) expect(found(`{"a":"${value}"}`), what).toContain(what);
  });

  test('none of it is in the log', () => {
    const text = server.logLines.map((line) => JSON.stringify(line)).join('\n');
    expect(server.logLines.length).toBeGreaterThan(30);
    expect(text).toContain('sign_in.success');
    expect(text).toContain('second_factor.failed');
    expect(text).toContain('grant.error');
    expect(found(text)).toEqual([]);
  });

  test('none of it is in the database, nor any private key in clear', async () => {
    const text = await databaseAsText(server);
    expect(text).toContain('ada@example.test');
    expect(text).toContain('-- signing_keys');
    expect(found(text)).toEqual([]);
    expect(text).not.toMatch(/\\?"(?:d|p|q|dp|dq|qi)\\?"\s*:\s*\\?"[\w-]{20,}/);
    expect(text).not.toContain('PRIVATE KEY');
  });

  test('a sealed secret that is moved to another row, or changed anywhere, opens nothing', async () => {
    const { db } = server.database;
    const rows = await db.selectFrom('totp_secrets').select(['account_id', 'secret']).execute();
    const [one, other] = rows;
    if (one === undefined || other === undefined) throw new Error('two people have an authenticator');
    const box = createSealedBox(deriveKey(server.config.masterSecret, 'sealing'));
    const place = (accountId: string) => `totp_secrets.secret:${accountId}`;
    expect([...secrets.values()]).toContain(box.open(one.secret, place(one.account_id)));
    expect(() => box.open(one.secret, place(other.account_id))).toThrow(SealBroken);
    expect(() => box.open(one.secret, `signing_keys.private_jwk:${one.account_id}`)).toThrow(SealBroken);
    const at = one.secret.lastIndexOf('.') + 1;
    for (let index = at; index < one.secret.length; index += 7) {
      const other = one.secret[index] === 'A' ? 'B' : 'A';
      const changed = `${one.secret.slice(0, index)}${other}${one.secret.slice(index + 1)}`;
      expect(() => box.open(changed, place(one.account_id)), String(index)).toThrow(SealBroken);
    }
  });

  test('with the other person’s secret in their row nobody is let in by a code of it', async () => {
    const { db } = server.database;
    const [ada, ben] = await Promise.all(
      ['swap-a@example.test', 'swap-b@example.test'].map(async (email) => {
        const { id } = await server.person({ email, password: PASSWORD });
        const visit = await visitsAndSignsIn(server, {
          identifier: email,
          password: PASSWORD,
          params: { acr_values: 'mfa' },
        });
        return { id, email, ...(await enrolsTotp(visit.browser)) };
      }),
    );
    if (ada === undefined || ben === undefined) throw new Error('two people');
    const sealed = await db
      .selectFrom('totp_secrets')
      .select('secret')
      .where('account_id', '=', ben.id)
      .executeTakeFirstOrThrow();
    await db.updateTable('totp_secrets').set(sealed).where('account_id', '=', ada.id).execute();
    movingClock.advance({ minutes: 1 });
    const visit = await visitsAndSignsIn(server, { identifier: ada.email, password: PASSWORD });
    for (const { secret } of [ada, ben]) {
      await visit.browser.open(visit.browser.page.url.replace(/\/second-factor.*/, ''));
      await visit.browser.submit({ code: totpCode(secret) }, 'Continue').catch(() => undefined);
      expect(isBackAtApp(visit)).toBe(false);
    }
  });
});
