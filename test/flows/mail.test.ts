// Mails as people get them: from a real server, through real SMTP, read by a real parser.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type NewMail, writeMail } from '../../src/mail/outbox.ts';
import { connectTo } from '../../src/mail/smtp.ts';
import { MAILS } from '../rooms/mail/samples.ts';
import { configFiles } from '../support/config-files.ts';
import { codeIn, lastLink, type Mailbox, mailboxForTest, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const SETTINGS = `
name: "Ledger & Sons"
mail:
  from: Ledger, and <no-reply@ledger.example.test>
  reply_to: Help desk <help@ledger.example.test>
${RESOURCES}
`;

let mailbox: Mailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ mailbox, settings: SETTINGS });
});
afterAll(async () => {
  await server.stop();
  await mailbox.close();
});

const write = (mail: NewMail, { database, box }: TestServer = server) =>
  writeMail({ db: database.db, clock: movingClock, box }, mail);

test('a mail has HTML and text, in the person’s language, and the same link in both', async () => {
  await write({ to: 'jane@example.test', language: 'de', message: MAILS.reset_password });
  const mail = await mailbox.waitFor('jane@example.test');
  expect(mail.subject).toBe('Wählen Sie ein neues Passwort');
  expect(mail.text).toContain('20 Minuten');
  expect(mail.html).toContain('<html lang="de" dir="ltr">');
  expect(lastLink(mail)).toBe(MAILS.reset_password.link);
  expect(mail.html).toContain(`href="${MAILS.reset_password.link}"`);
  expect(mail.headers['content-language']).toBe('de');
});

test('its headers say who it is from, that a program wrote it, and which mail it is', async () => {
  await write({ to: 'headers@example.test', language: 'en', message: MAILS.welcome });
  const { headers, from, parsed, messageId, subject } = await mailbox.waitFor('headers@example.test');
  expect(subject).toBe('Welcome to Ledger & Sons');
  expect(from).toBe('no-reply@ledger.example.test');
  expect(parsed.from).toMatchObject({ name: 'Ledger, and', address: 'no-reply@ledger.example.test' });
  expect(parsed.to).toMatchObject([{ address: 'headers@example.test' }]);
  expect(parsed.replyTo).toMatchObject([{ name: 'Help desk', address: 'help@ledger.example.test' }]);
  expect(messageId).toMatch(/^<[\w-]{20,}@ledger\.example\.test>$/);
  expect(headers).toMatchObject({ 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All' });
  expect(Math.abs(Date.parse(String(headers['date'])) - Date.now())).toBeLessThan(60_000);
});

test('a code can be read out of the text', async () => {
  await write({ to: 'code@example.test', language: 'en', message: MAILS.verify_email });
  expect(codeIn(await mailbox.waitFor('code@example.test'))).toBe(MAILS.verify_email.code);
});

test('when it is delivered, what it said is nowhere any more', async () => {
  await write({ to: 'gone@example.test', language: 'en', message: MAILS.reset_password });
  await mailbox.waitFor('gone@example.test');
  const rows = () =>
    server.database.db
      .selectFrom('mail_outbox')
      .select('content')
      .where('recipient', '=', 'gone@example.test')
      .execute();
  await expect.poll(rows, { timeout: 10_000 }).toEqual([{ content: null }]);
  expect(JSON.stringify(server.logLines)).not.toContain(MAILS.reset_password.link);
});

describe('who is addressed stays one recipient, and writes no header', () => {
  test.each([
    'jane@example.test\r\nBcc: eve@evil.test',
    'jane@example.test, eve@evil.test',
    '"eve@evil.test x"@example.test',
    'Jane <eve@evil.test>',
    'jane@example.test>\r\nRCPT TO:<eve@evil.test',
  ])('%j', async (to) => {
    await write({ to, language: 'en', message: MAILS.welcome });
    const row = () =>
      server.database.db.selectFrom('mail_outbox').select('last_error').where('recipient', '=', to).executeTakeFirst();
    await expect.poll(async () => (await row())?.last_error, { timeout: 10_000 }).toBe('not an address of ours');
    expect(mailbox.all().filter((mail) => /eve|bcc/i.test(`${mail.to}${Object.keys(mail.headers)}`))).toEqual([]);
  });
});

describe('the way to the mail server', () => {
  /** Another server, which sends one mail there. */
  async function sendsTo(other: Mailbox, url = other.url) {
    const sender = await startTestServer({ mailbox: { url } });
    onTestFinished(() => sender.stop());
    await write({ to: 'jane@example.test', language: 'en', message: MAILS.welcome }, sender);
    const error = async () =>
      (await sender.database.db.selectFrom('mail_outbox').select('last_error').executeTakeFirst())?.last_error;
    return { error };
  }

  test.each(['start', 'starttls'] as const)('is TLS where it is there (%s), with name and password', async (tls) => {
    const other = await mailboxForTest({ tls, auth: { user: 'gate@house', password: 'p%/:@ss' } });
    await sendsTo(other);
    expect(await other.waitFor('jane@example.test')).toMatchObject({ secure: true, user: 'gate@house' });
  });

  test('is refused with a wrong password, and the mail waits', async () => {
    const other = await mailboxForTest({ auth: { user: 'gate', password: 'right' } });
    const { error } = await sendsTo(other, other.url.replace('right', 'wrong'));
    await expect.poll(error, { timeout: 10_000 }).toMatch(/535.*EAUTH/);
    expect(other.all()).toEqual([]);
  });

  test('takes no certificate that nobody signed, but on the machine itself', async () => {
    const elsewhere = await mailboxForTest({ tls: 'starttls', host: '127.0.0.2' });
    const { error } = await sendsTo(elsewhere);
    await expect.poll(error, { timeout: 10_000 }).toMatch(/certificate|self.signed/i);
    expect(elsewhere.begun.letters).toBe(0);
  });

  test('is not taken in the clear where TLS is required', async () => {
    const plain = await mailboxForTest({ host: '127.0.0.2' });
    const settings = { ...server.config.mail, smtpUrl: plain.url, tlsRequired: true };
    const mailServer = connectTo(settings, 'Gatehouse');
    onTestFinished(() => mailServer.close());
    await expect(mailServer.check()).rejects.toThrow();
    expect(plain.begun.letters).toBe(0);
  });
});

describe('development without a mail server', () => {
  let development: TestServer;
  beforeAll(async () => {
    development = await startTestServer();
    await write({ to: 'jane@example.test', language: 'de', message: MAILS.reset_password }, development);
  });
  afterAll(() => development.stop());

  const at = async (path: string) => {
    const response = await fetch(`${development.issuer}${path}`);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  test('shows mails at /dev/mail, and tells of them in the log, with the link', async () => {
    const told = () => development.logLines.find(({ event }) => event === 'mail.shown');
    await expect.poll(told, { timeout: 10_000 }).toBeDefined();
    const line = told();
    expect(line).toMatchObject({ to: 'jane@example.test', link: MAILS.reset_password.link });
    const list = await at('/dev/mail');
    expect(list.text).toContain('Wählen Sie ein neues Passwort');
    const page = new URL(String(line?.['page'])).pathname;
    expect(list.text).toContain(`href="${page}"`);
    const mail = await at(page);
    expect(mail.text).toContain(`href="${MAILS.reset_password.link}"`);
    expect(mail.text).toContain('20 Minuten');
    const html = await at(`${page}/html`);
    expect(html.text).toContain('<html lang="de" dir="ltr">');
    expect(html.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'unsafe-inline';/);
    expect((await at('/dev/mail/another')).status).toBe(404);
  });

  test('with one, there is no such page; nor in production, ever', async () => {
    expect((await fetch(`${server.issuer}/dev/mail`)).status).toBe(404);
    const { cwd } = configFiles({ 'config/gatehouse.yaml': 'database: { embedded_in_production: true }\n' });
    const running = await startTestServer({
      configDir: join(cwd, 'config'),
      env: { GATEHOUSE_MODE: 'production', GATEHOUSE_SECRET: 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv' },
    });
    onTestFinished(() => running.stop());
    await write({ to: 'jane@example.test', language: 'en', message: MAILS.reset_password }, running);
    const error = async () =>
      (await running.database.db.selectFrom('mail_outbox').select('last_error').executeTakeFirst())?.last_error;
    await expect.poll(error, { timeout: 10_000 }).toMatch(/no mail server/);
    expect((await fetch(`${running.issuer}/dev/mail`)).status).toBe(404);
    expect(running.logLines.some(({ event }) => event === 'mail.not_configured')).toBe(true);
    expect(JSON.stringify(running.logLines)).not.toContain(MAILS.reset_password.link);
  });
});
