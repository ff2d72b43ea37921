// Mails as people get them: from a real server, through real SMTP.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveKey } from '../../src/crypto/derived-keys.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { type NewMail, writeMail } from '../../src/mail/outbox.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let mailbox: Mailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ mailbox });
});
afterAll(async () => {
  await server.stop();
  await mailbox.close();
});

const write = (mail: NewMail) => {
  const box = createSealedBox(deriveKey(server.config.masterSecret, 'sealing'));
  return writeMail({ db: server.database.db, clock: movingClock, box }, mail);
};

test('arrive within seconds', async () => {
  const link = 'http://localhost/welcome';
  await write({ to: 'jane@example.test', language: 'en', message: { mail: 'welcome', accountLink: link } });
  const mail = await mailbox.waitFor('jane@example.test');
  expect(lastLink(mail)).toBe(link);
});
