// Links and identifiers are for one, however many ask at the same moment, on both databases.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import { issueMailedToken } from '../../src/accounts/mailed-tokens.ts';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { changeUsername } from '../../src/credentials/change-username.ts';
import { confirmEmailChange } from '../../src/credentials/confirm-email-change.ts';
import type { PasswordDeps } from '../../src/credentials/deps.ts';
import { answerResetRequests, requestPasswordReset } from '../../src/credentials/request-password-reset.ts';
import { resetPassword } from '../../src/credentials/reset-password.ts';
import { undoEmailChange } from '../../src/credentials/undo-email-change.ts';
import { atomically } from '../../src/database/atomically.ts';
import { removeAccount } from '../../src/leaving/delete-account.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { atOnce, defectsOf, KINDS } from './racing.ts';

const RUNNERS = 20;
/** Milliseconds, on a machine that does much else. */
const PATIENCE = 120_000;

describe.each(KINDS)('credentials that 20 change at once, on %s', { timeout: PATIENCE }, (kind) => {
  let server: TestServer;
  let deps: PasswordDeps & Pick<TestServer, 'config'>;
  beforeAll(async () => {
    server = await startTestServer({ database: kind });
    const { config, box, hasher, database } = server;
    const rules = passwordRulesFor(config.accounts, config.name);
    deps = { db: database.db, clock: movingClock, config, box, hasher, rules };
  });
  afterAll(async () => {
    expect(defectsOf(server)).toEqual([]);
    await server.stop();
  });

  let people = 0;
  async function somebody(): Promise<{ id: string; email: string }> {
    people += 1;
    const email = `racer-${people}@example.test`;
    const { id } = await server.person({ email });
    return { id, email };
  }

  const count = (answers: readonly { readonly outcome: string }[]): Record<string, number> =>
    Object.fromEntries(
      [...Map.groupBy(answers, ({ outcome }) => outcome)].map(([outcome, all]) => [outcome, all.length]),
    );

  test('a link to a new password sets one', async () => {
    const { id: accountId, email } = await somebody();
    const token = await issueMailedToken(deps, { accountId, purpose: 'reset_password', boundTo: { email } });
    const answers = await atOnce(RUNNERS, (at) =>
      resetPassword(deps, { token, password: `a long phrase, the ${at}th` }),
    );
    expect(count(answers)).toEqual({ reset: 1, void: RUNNERS - 1 });
  });

  test('a link to a new address changes it once, and so does the way back', async () => {
    const { id: accountId, email: from } = await somebody();
    const to = `new-${from}`;
    const token = await issueMailedToken(deps, { accountId, purpose: 'confirm_email', boundTo: { from, to } });
    expect(count(await atOnce(RUNNERS, () => confirmEmailChange(deps, { token })))).toEqual({
      changed: 1,
      void: RUNNERS - 1,
    });
    const boundTo = { address: from, to };
    const undo = await issueMailedToken(deps, { accountId, purpose: 'undo_email_change', boundTo });
    expect(count(await atOnce(RUNNERS, () => undoEmailChange(deps, { token: undo })))).toEqual({
      undone: 1,
      void: RUNNERS - 1,
    });
    expect(await findAccount(deps.db, accountId)).toMatchObject({ email: from });
  });

  test('an address that 20 accounts have proved is one’s', async () => {
    const racers: { id: string; email: string }[] = [];
    for (let made = 0; made < RUNNERS; made += 1) racers.push(await somebody());
    const to = `wanted-${people}@example.test`;
    const tokens = await Promise.all(
      racers.map(({ id: accountId, email: from }) =>
        issueMailedToken(deps, { accountId, purpose: 'confirm_email', boundTo: { from, to } }),
      ),
    );
    const answers = await atOnce(RUNNERS, (at) => confirmEmailChange(deps, { token: tokens[at] ?? '' }));
    expect(count(answers)).toEqual({ changed: 1, taken: RUNNERS - 1 });
  });

  test('a username that 20 accounts want is one’s', async () => {
    const racers: { id: string; email: string }[] = [];
    for (let made = 0; made < RUNNERS; made += 1) racers.push(await somebody());
    const answers = await atOnce(RUNNERS, (at) =>
      changeUsername(deps, { accountId: racers[at]?.id ?? '', username: at % 2 === 0 ? 'wanted' : 'Wanted' }),
    );
    expect(count(answers)).toEqual({ changed: 1, taken: RUNNERS - 1 });
  });

  test('who asks once is answered once, however many processes look', async () => {
    const { email } = await somebody();
    const source = { address: '127.0.0.1', userAgent: '', requestId: 'r' };
    await requestPasswordReset(deps, { identifier: email, source, language: 'en', network: '127.0.0.0/24' });
    const log = createLogger({ level: 'silent', format: 'json' });
    await atOnce(RUNNERS, () => answerResetRequests({ ...deps, log }));
    const mails = await deps.db.selectFrom('mail_outbox').select('message').where('recipient', '=', email).execute();
    expect(mails).toEqual([{ message: 'reset_password' }]);
  });

  test('whose account is just being deleted is sent nothing, and that is no fault', async () => {
    const { id: accountId, email } = await somebody();
    const source = { address: '127.0.0.1', userAgent: '', requestId: 'r' };
    await requestPasswordReset(deps, { identifier: email, source, language: 'en', network: '127.0.0.0/24' });
    const log = createLogger({ level: 'silent', format: 'json' });
    const faults = vi.spyOn(log, 'error');
    let answered: Promise<void> | undefined;
    await atomically(deps.db, async (db) => {
      await removeAccount({ ...deps, db }, { accountId });
      answered = answerResetRequests({ ...deps, log });
      // It has found the account, which is there until the end of this transaction.
      await sleep(300);
    });
    await answered;
    expect(faults.mock.calls).toEqual([]);
    const mails = await deps.db.selectFrom('mail_outbox').select('message').where('recipient', '=', email).execute();
    expect(mails).toEqual([{ message: 'account_deleted' }]);
    expect(await deps.db.selectFrom('reset_requests').select('id').execute()).toEqual([]);
  });
});
