// Mails on both databases: written with what they tell of, sent by one process each, tried again for two days.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { createMailDelivery, LEASE_SECONDS, type MailRoute } from '../../src/mail/delivery.ts';
import type { MailMessage } from '../../src/mail/messages.ts';
import {
  claimMail,
  dropMail,
  listMails,
  markDelivered,
  markFailed,
  openMessage,
  retryMails,
  sweepMails,
  writeMail,
} from '../../src/mail/outbox.ts';
import { mailRenderer } from '../../src/mail/render.ts';
import type { Letter } from '../../src/mail/smtp.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { secondsToWait } from '../../src/outbox/back-off.ts';
import { type DatabaseKind, postgresAvailable } from '../support/database.ts';
import { mailboxForTest } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { openStore, type Store } from './stored.ts';

const kinds: DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

const box = createSealedBox(Buffer.alloc(32));
const render = mailRenderer({
  product: 'Gatehouse',
  issuer: 'https://auth.example.test',
  branding: { colours: undefined, supportUrl: undefined },
  viewsDir: path.join(import.meta.dirname, '../../views'),
});
const message: MailMessage = { mail: 'welcome', accountLink: 'https://auth.example.test/account?secret=k3Jx0v9Q' };

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 500) throw new Error('waited for too long');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(kinds)('mails on %s', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.database.close());
  beforeEach(() => store.deps.db.deleteFrom('mail_outbox').execute());

  const deps = () => ({ ...store.deps, box });
  const write = async (...recipients: string[]) => {
    for (const to of recipients) await writeMail(deps(), { to, language: 'en', message });
  };
  const claim = () => claimMail(store.deps, LEASE_SECONDS);
  const list = () => listMails(store.deps.db, { limit: 100 });
  const waiting = async () => (await list()).map(({ to }) => to).sort();
  const claimed = async () => {
    const mail = await claim();
    if (mail === undefined) throw new Error('nothing is due');
    return mail;
  };

  test('say nothing of what has not happened: a transaction that is rolled back leaves none', async () => {
    const failing = store.deps.db.transaction().execute(async (db) => {
      await writeMail({ ...deps(), db }, { to: 'jane@example.test', language: 'en', message });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await waiting()).toEqual([]);
  });

  test('go to one of many that ask at once, those that have waited longest first', async () => {
    await write(...Array.from({ length: 20 }, (_, index) => `${index}@example.test`));
    const all = await Promise.all(Array.from({ length: 30 }, () => claim()));
    const ids = all.flatMap((each) => each?.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    while ((await claim()) !== undefined) ids.push('more');
    expect(ids).toHaveLength(20);
  });

  test('say what they say to whoever sends them only, and nothing once they are delivered', async () => {
    await write('jane@example.test');
    const row = () => store.deps.db.selectFrom('mail_outbox').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(await row())).not.toContain('k3Jx0v9Q');
    const mail = await claimed();
    expect(openMessage(box, mail)).toEqual(message);
    expect(() => openMessage(box, { ...mail, id: 'another' })).toThrow('cannot be opened');
    await markDelivered(store.deps, mail, 'erase');
    expect((await row()).content).toBeNull();
    expect(await waiting()).toEqual([]);
  });

  test('are due again, the same ones, when whoever took them is not heard of for the lease', async () => {
    await write('jane@example.test');
    const first = await claimed();
    expect(await claim()).toBeUndefined();
    movingClock.advance({ seconds: LEASE_SECONDS - 1 });
    expect(await claim()).toBeUndefined();
    movingClock.advance({ seconds: 2 });
    const second = await claimed();
    expect([second.id, second.attempts]).toEqual([first.id, 2]);
    // The first one is still alive and comes late: it is not its any more.
    await markDelivered(store.deps, first, 'erase');
    expect(await markFailed(store.deps, first, { reason: 'x', retryInSeconds: undefined })).toBe(false);
    expect(await list()).toMatchObject([{ state: 'waiting' }]);
    await markDelivered(store.deps, second, 'erase');
    expect(await list()).toEqual([]);
  });

  test('are tried again at longer and longer intervals, for 48 hours, and then kept as given up', async () => {
    await write('jane@example.test');
    const gaps: number[] = [];
    const begun = movingClock.now().getTime();
    for (;;) {
      const mail = await claimed();
      const seconds = secondsToWait(mail.attempts);
      gaps.push(seconds);
      if (!(await markFailed(store.deps, mail, { reason: 'away', retryInSeconds: seconds }))) break;
      expect(await claim()).toBeUndefined();
      movingClock.advance({ seconds: seconds + 0.1 });
    }
    const hours = (movingClock.now().getTime() - begun) / 3_600_000;
    expect(hours).toBeGreaterThan(24);
    expect(hours).toBeLessThan(48.1);
    expect(gaps[0]).toBeLessThan(7);
    expect(Math.max(...gaps)).toBeLessThan(4600);
    expect(gaps.length).toBeLessThan(90);
    expect(await list()).toMatchObject([{ state: 'given_up', lastError: 'away', nextAttemptAt: undefined }]);
    expect(await claim()).toBeUndefined();
  });

  test('that were given up are tried again when somebody asks, and what is being sent is left alone', async () => {
    await write('given-up@example.test', 'under-way@example.test');
    const given = await claimed();
    await markFailed(store.deps, given, { reason: 'no such address', retryInSeconds: undefined });
    const under = await claimed();
    expect(await retryMails(store.deps)).toBe(1);
    expect(await retryMails(store.deps, under.id)).toBe(0);
    expect(await claim()).toMatchObject({ id: given.id, attempts: 1 });
    expect(await claim()).toBeUndefined();
    movingClock.advance({ seconds: LEASE_SECONDS + 1 });
    expect(await retryMails(store.deps, under.id)).toBe(1);
  });

  test('are kept for a day when delivered, for thirty when given up, and dropped when somebody asks', async () => {
    await write('delivered@example.test', 'given-up@example.test', 'waiting@example.test');
    for (let each = await claim(); each !== undefined; each = await claim()) {
      if (each.to.startsWith('delivered')) await markDelivered(store.deps, each, 'erase');
      if (each.to.startsWith('given')) await markFailed(store.deps, each, { reason: 'x', retryInSeconds: undefined });
    }
    expect(await sweepMails(store.deps, 100)).toBe(0);
    movingClock.advance({ hours: 25 });
    expect(await sweepMails(store.deps, 100)).toBe(1);
    expect(await waiting()).toEqual(['given-up@example.test', 'waiting@example.test']);
    movingClock.advance({ days: 30 });
    expect(await sweepMails(store.deps, 100)).toBe(1);
    const [left] = await list();
    expect(await dropMail(store.deps.db, String(left?.id))).toBe(true);
    expect(await dropMail(store.deps.db, String(left?.id))).toBe(false);
    expect(await list()).toEqual([]);
  });

  describe('are sent', () => {
    const logLines: Record<string, unknown>[] = [];
    const log = createLogger(
      { level: 'info', format: 'json' },
      { write: (line) => void logLines.push(JSON.parse(line)) },
    );

    function worker(route: MailRoute) {
      const delivery = createMailDelivery({ ...deps(), log, render, route });
      onTestFinished(() => delivery.stop());
      delivery.start();
      return delivery;
    }

    const server = (send: (letter: Letter, signal?: AbortSignal) => Promise<void>): MailRoute => ({
      to: 'mail_server',
      server: { send, check: async () => undefined, close: () => undefined },
    });

    test('by two at once, each exactly once', async () => {
      const to = Array.from({ length: 30 }, (_, index) => `${index}@example.test`);
      await write(...to);
      const sent: string[] = [];
      const send = async (letter: Letter) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        sent.push(letter.to);
      };
      worker(server(send));
      worker(server(send));
      await until(async () => (await waiting()).length === 0);
      expect(sent.sort()).toEqual(to.sort());
    });

    test('a refused address is given up after four tries, minutes apart, and the log says so without it', async () => {
      await write('nobody@example.test');
      let tries = 0;
      worker(
        server(async () => {
          tries += 1;
          throw Object.assign(new Error('550 no such user'), {
            responseCode: 550,
            command: 'RCPT TO',
            code: 'EENVELOPE',
          });
        }),
      );
      for (let each = 1; each <= 4; each += 1) {
        await until(() => tries === each);
        await until(async () => (await list())[0]?.lastError !== undefined);
        if (each < 4) movingClock.advance({ minutes: 6 });
      }
      expect(await list()).toMatchObject([{ state: 'given_up', lastError: '550 no such user (RCPT TO EENVELOPE)' }]);
      movingClock.advance({ hours: 3 });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(tries).toBe(4);
      const line = logLines.find(({ event }) => event === 'mail.given_up');
      expect(line).toMatchObject({ mail: 'welcome', attempts: 4 });
      expect(JSON.stringify(logLines)).not.toMatch(/nobody@example|k3Jx0v9Q/);
    });

    test('a refused password or sender is ours to mend: mails wait for it', async () => {
      await write('jane@example.test');
      let tries = 0;
      let isMended = false;
      worker(
        server(async () => {
          tries += 1;
          if (!isMended)
            throw Object.assign(new Error('535 no'), { responseCode: 535, command: 'AUTH PLAIN', code: 'EAUTH' });
        }),
      );
      for (let each = 1; each <= 5; each += 1) {
        await until(() => tries === each);
        await until(async () => (await list())[0]?.lastError !== undefined);
        isMended = each === 5;
        movingClock.advance({ hours: 2 });
      }
      await until(async () => (await list()).length === 0);
      expect(tries).toBe(6);
    });

    test('a server that is stopped hangs up on a mail server that says nothing, and leaves the mail to others', async () => {
      await write('jane@example.test');
      let begun = 0;
      const delivery = worker(
        server((_, signal) => {
          begun += 1;
          return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        }),
      );
      await until(() => begun === 1);
      await delivery.stop();
      expect(await list()).toMatchObject([{ state: 'waiting', attempts: 1, lastError: 'the server was stopped' }]);
    }, 15_000);

    test('a database that is away when a mail has just left is waited for: it does not leave again', async () => {
      await write('jane@example.test');
      let sent = 0;
      const { db } = store.deps;
      const rename = (from: string, to: string) => sql.raw(`alter table ${from} rename to ${to}`).execute(db);
      worker(
        server(async () => {
          sent += 1;
          await rename('mail_outbox', 'gone');
          setTimeout(() => void rename('gone', 'mail_outbox'), 1_500);
        }),
      );
      await until(() => sent === 1);
      await new Promise((resolve) => setTimeout(resolve, 1_600));
      await until(async () => (await list()).length === 0);
      movingClock.advance({ seconds: LEASE_SECONDS + 1 });
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect(sent).toBe(1);
    });

    test('production without a mail server keeps them, and says why', async () => {
      await write('jane@example.test');
      worker({ to: 'nowhere' });
      await until(async () => (await list())[0]?.lastError !== undefined);
      expect(await list()).toMatchObject([
        { state: 'waiting', lastError: 'no mail server is configured (mail.smtp_url)' },
      ]);
    });

    test('one that another release has written waits for it', async () => {
      const strange = { mail: 'of_tomorrow' } as unknown as MailMessage;
      await writeMail(deps(), { to: 'jane@example.test', language: 'en', message: strange });
      worker(server(async () => undefined));
      await until(async () => (await list())[0]?.lastError !== undefined);
      expect(await list()).toMatchObject([
        { state: 'waiting', lastError: expect.stringContaining('cannot be written') },
      ]);
    });
  });
});

describe.skipIf(!postgresAvailable())('processes on one PostgreSQL', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore('postgres');
  });
  afterAll(() => store.database.close());

  async function mailingProcess(smtpUrl: string): Promise<ChildProcess> {
    const script = path.join(import.meta.dirname, 'mailing-process.ts');
    const child = spawn(process.execPath, [script, String(store.database.url), smtpUrl], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  }

  test('send each mail once, and one that is killed while it does leaves the mail to the others', async () => {
    const mailbox = await mailboxForTest();
    // Other processes do not know the clock that tests move.
    const deps = { ...store.deps, clock: systemClock, box };
    const list = () => listMails(store.deps.db, { limit: 100 });
    const processes = [await mailingProcess(mailbox.url), await mailingProcess(mailbox.url)];
    const to = Array.from({ length: 30 }, (_, index) => `${index}@example.test`);
    for (const each of to) await writeMail(deps, { to: each, language: 'en', message });
    await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBe(0);
    expect(
      mailbox
        .all()
        .map((mail) => mail.to)
        .sort(),
    ).toEqual(to.sort());
    expect(new Set(mailbox.all().map(({ messageId }) => messageId)).size).toBe(30);

    mailbox.hangs('data');
    const { letters } = mailbox.begun;
    await writeMail(deps, { to: 'slow@example.test', language: 'en', message });
    await expect.poll(() => mailbox.begun.letters, { timeout: 20_000 }).toBe(letters + 1);
    for (const child of processes) child.kill('SIGKILL');
    await Promise.all(processes.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    const [lost] = await list();
    expect(lost).toMatchObject({ to: 'slow@example.test', attempts: 1, lastError: undefined });

    mailbox.accepts();
    await mailingProcess(mailbox.url);
    // Nobody else takes it before the lease is over.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(mailbox.all('slow@example.test')).toEqual([]);
    await store.deps.db.updateTable('mail_outbox').set({ next_attempt_at: sql<Date>`now()` }).execute();
    const mail = await mailbox.waitFor('slow@example.test');
    expect(mail.messageId).toBe(`<${lost?.id}@auth.example.test>`);
    await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBe(0);
    expect(mailbox.all()).toHaveLength(31);
  }, 60_000);
});
