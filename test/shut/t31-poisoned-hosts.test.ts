// T31: what a caller says about the host ends up in no mail and in no document.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GENEROUS, mailsHaveArrived, NEW_PASSWORD, type Posted, startPosted } from '../support/forgotten.ts';
import { lastLink } from '../support/mailbox.ts';
import { newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { codeIn, proofFor, signsUp } from '../support/sign-up.ts';
import { PASSWORD } from '../support/start-server.ts';

const EVIL = 'evil.example';

interface Poison {
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In place of the path in the request line. */
  readonly target?: (path: string, issuer: URL) => string;
}

const POISONS: readonly Poison[] = [
  { what: 'Host', headers: { host: EVIL } },
  { what: 'Host with another port', headers: { host: 'localhost:1' } },
  { what: 'Host with a user in front of the issuer', headers: { host: `${EVIL}:x@localhost` } },
  { what: 'X-Forwarded-Host', headers: { 'x-forwarded-host': EVIL } },
  { what: 'X-Forwarded-Proto', headers: { 'x-forwarded-proto': 'https' } },
  { what: 'X-Forwarded-Port', headers: { 'x-forwarded-port': '1' } },
  { what: 'X-Forwarded-Prefix', headers: { 'x-forwarded-prefix': `//${EVIL}` } },
  { what: 'Forwarded', headers: { forwarded: `for=1.2.3.4;host=${EVIL};proto=https` } },
  { what: 'X-Original-URL', headers: { 'x-original-url': `https://${EVIL}/`, 'x-rewrite-url': `https://${EVIL}/` } },
  { what: 'X-Host', headers: { 'x-host': EVIL, 'x-original-host': EVIL, 'x-http-host-override': EVIL } },
  { what: 'absolute form', headers: {}, target: (path) => `http://${EVIL}${path}` },
  {
    what: 'absolute form of the issuer, another Host',
    headers: { host: EVIL },
    target: (path, { origin }) => origin + path,
  },
];

/** The mails that a person causes by requests of their own. */
const SUBJECTS: readonly string[] = [
  'A new e-mail address was asked for',
  'A second factor was added',
  'Confirm your e-mail address',
  'Confirm your new e-mail address',
  'Welcome to Gatehouse',
  'You already have an account',
  'Your account stays',
  'Your account will be deleted',
  'Your e-mail address was changed',
  'Your password was changed',
];

/** Those that a server takes without a look at the host: sent with every request of a whole life. */
const ALL_HEADERS: Readonly<Record<string, string>> = Object.assign(
  {},
  ...POISONS.filter(({ headers }) => headers['host'] === undefined).map(({ headers }) => headers),
);

describe('T31 host poisoning: Zitadel CVE-2023-49097, CVE-2025-64101, GHSA-93m4-mfpg-c3xf; Koa CVE-2026-27959', () => {
  let posted: Posted;
  beforeAll(async () => {
    posted = await startPosted({ settings: `registration: { policy: open }\n${GENEROUS}` });
  });
  afterAll(() => posted.stop());

  interface Answer {
    readonly status: number;
    readonly text: string;
  }

  /** As somebody writes it who is no browser: the request line and Host as they please. */
  function send(path: string, { headers, target }: Omit<Poison, 'what'>, body?: string): Promise<Answer> {
    const issuer = new URL(posted.server.issuer);
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: issuer.port,
          method: body === undefined ? 'GET' : 'POST',
          path: target?.(path, issuer) ?? path,
          headers: { host: issuer.host, ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              text: `${JSON.stringify(response.headers)}${Buffer.concat(chunks).toString('utf8')}`,
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async function forgets(email: string, { headers, target }: Poison): Promise<Answer> {
    const browser = await newBrowser().open(`${posted.server.issuer}/reset-password`);
    const { action, data } = browser.form({ identifier: email }, 'Send the link');
    const own = {
      cookie: await browser.jar.getCookieString(action),
      'content-type': 'application/x-www-form-urlencoded',
    };
    return send(
      new URL(action).pathname,
      { headers: { ...own, ...headers }, ...(target && { target }) },
      String(new URLSearchParams(data)),
    );
  }

  const foreign = ({ text }: { text: string }): boolean => text.includes(EVIL) || /https?:\/\/localhost:1\b/.test(text);

  test(`of ${POISONS.length} forged requests for a new password none brings a mail with another address in it`, async () => {
    const { server, mailbox } = posted;
    const outcomes: [string, string][] = [];
    for (const [at, poison] of POISONS.entries()) {
      await server.person({ email: `poisoned-${at}@example.test` });
      const answer = await forgets(`poisoned-${at}@example.test`, poison);
      expect(foreign(answer), poison.what).toBe(false);
      outcomes.push([poison.what, String(answer.status)]);
    }
    await server.person({ email: 'control@example.test' });
    await forgets('control@example.test', { what: 'nothing', headers: {} });
    await mailsHaveArrived(server);
    expect(mailbox.all('control@example.test')).toHaveLength(1);
    for (const [at, [what, status]] of outcomes.entries()) {
      expect(['303', '421'], what).toContain(status);
      const mails = mailbox.all(`poisoned-${at}@example.test`);
      expect(mails.length, what).toBe(status === '303' ? 1 : 0);
      for (const { text, html, headers } of mails) {
        const links = [...`${text} ${html}`.matchAll(/https?:\/\/[^\s"'<>]+/g)].map(([link]) => link);
        expect(
          links.filter((link) => !link.startsWith(`${server.issuer}/`)),
          what,
        ).toEqual([]);
        expect(foreign({ text: `${text}${html}${JSON.stringify(headers)}` }), what).toBe(false);
      }
    }
    expect(outcomes.filter(([, status]) => status === '303').length).toBeGreaterThan(0);
  });

  test('from signing up to leaving, with such headers at every step, no mail has another address in it', async () => {
    const { server, mailbox } = posted;
    const at = (path: string): string => `${server.issuer}${path}`;
    const browser = newBrowser({ headers: ALL_HEADERS });
    const [email, moved] = ['life@example.test', 'moved@example.test'];
    await browser.open(at('/register'));
    await signsUp(browser, { email });
    await browser.submit({}, 'Send a new code');
    await browser.submit(
      { code: codeIn(await mailbox.waitFor(email, { subject: /Confirm/, after: await proofFor(mailbox, email) })) },
      'Continue',
    );
    expect(browser.title).toBe('Your account');
    await signsUp(await newBrowser({ headers: ALL_HEADERS }).open(at('/register')), { email });
    await browser.open(at('/account/password'));
    await browser.submit({ current: PASSWORD, password: NEW_PASSWORD }, 'Change the password');
    await browser.open(at('/account/email'));
    await browser.submit({ email: moved }, 'Send the link');
    await browser.open(lastLink(await mailbox.waitFor(moved), /confirm-email/));
    await browser.submit({}, 'Use this address');
    await browser.open(at('/account/delete'));
    await browser.submit({ password: NEW_PASSWORD }, 'Delete my account');
    await browser.open(lastLink(await mailbox.waitFor(moved, { subject: /deleted/ }), /keep-account/));
    await browser.submit({}, 'Keep my account');
    await browser.open(at('/account/authenticators/new'));
    await signsIn(browser, { identifier: moved, password: NEW_PASSWORD });
    const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
    await browser.submit({ name: '', code: totpCode(key) }, 'Confirm');
    await mailbox.waitFor(moved, { subject: /second factor/ });

    await mailsHaveArrived(server);
    const mails = [...mailbox.all(email), ...mailbox.all(moved)];
    const subjects = new Set(mails.map(({ subject }) => subject));
    expect([...subjects].sort()).toEqual(SUBJECTS);
    for (const { subject, text, html, headers } of mails) {
      const links = [...`${text} ${html}`.matchAll(/https?:\/\/[^\s"'<>]+/g)].map(([link]) => link);
      expect(
        links.filter((link) => !link.startsWith(`${server.issuer}/`)),
        subject,
      ).toEqual([]);
      expect(foreign({ text: `${text}${html}${JSON.stringify(headers)}` }), subject).toBe(false);
    }
  });

  test(`of ${POISONS.length} forged requests for the metadata none is answered with another address`, async () => {
    for (const poison of POISONS) {
      const answer = await send('/.well-known/openid-configuration', poison);
      expect([200, 421], poison.what).toContain(answer.status);
      expect(foreign(answer), poison.what).toBe(false);
    }
  });
});
