// gatehouse user set-password and reset-mfa: a new start for somebody who is locked out, and an end for whoever is in.
import { inWords } from '../../accounts/password-rules.ts';
import { setPassword } from '../../credentials/set-password.ts';
import { deriveKey } from '../../crypto/derived-keys.ts';
import { createSealedBox } from '../../crypto/sealed-box.ts';
import { atomically } from '../../database/atomically.ts';
import { forgetAttempts } from '../../limits/counters.ts';
import { secondFactorLimit } from '../../limits/limits.ts';
import { resetSecondFactors } from '../../second-factors/reset-second-factors.ts';
import { endEverythingOf } from '../../sessions/end-everything.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { count } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { obtainPassword } from './obtain-password.ts';
import { passwordDeps } from './password-deps.ts';
import { notFound, requireAccount } from './require-account.ts';

/** Ends every session and refresh token of the account in the same transaction; its owner is told by mail. */
export async function setUserPassword(
  invocation: Invocation,
  { who, passwordStdin }: { who: string; passwordStdin: boolean },
): Promise<Answer> {
  const config = commandConfig(invocation);
  const needed = passwordDeps(config);
  const { password, generated } = await obtainPassword(invocation.terminal, { passwordStdin, rules: needed.rules });
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const box = createSealedBox(deriveKey(config.masterSecret, 'sealing'));
    const change = await setPassword(
      { ...deps, ...needed, box, config },
      { accountId: id, password, actor: 'operator' },
    );
    if (change.outcome === 'unknown_account') throw notFound(who);
    if (change.outcome === 'invalid')
      throw new CommandFailed('invalid', refusedPassword(email, change.flaws.map(inWords)));
    const sessions = change.sessionsEnded;
    const shownOnce = generated ? { password } : {};
    const text = `${email} has a new password; ${count(sessions, 'session')} ended.`;
    return {
      result: { id, email, sessions_ended: sessions, ...shownOnce },
      text: generated ? `${text}\nPassword: ${password}\nIt is shown only this once.` : text,
    };
  });
}

const refusedPassword = (email: string, reasons: readonly string[]): string =>
  `The password of ${email} was not changed:${reasons.map((reason) => `\n  ${reason}`).join('')}`;

/** What mails say of a change by command: not from which device, and in English where the account has no language. */
const BY_OPERATOR = {
  actor: 'operator',
  source: undefined,
  where: { device: '', address: '' },
  language: 'en',
} as const;

/** The person is told. The tries are forgotten too: whoever enrols a new authenticator starts afresh. */
export const resetUserFactors = (invocation: Invocation, { who }: { who: string }): Promise<Answer> => {
  const config = commandConfig(invocation);
  const box = createSealedBox(deriveKey(config.masterSecret, 'sealing'));
  return withDatabase(config, async (deps) => {
    const account = await requireAccount(deps.db, who);
    const { id, email } = account;
    const { removed, sessions } = await atomically(deps.db, async (db) => {
      const removed = await resetSecondFactors(
        { ...deps, box, issuer: config.issuer, db },
        { account, by: BY_OPERATOR },
      );
      await forgetAttempts({ ...deps, db }, secondFactorLimit(config.limits, id).key);
      return { removed, sessions: await endEverythingOf({ ...deps, db }, id) };
    });
    const what = removed ? 'has no second factor any longer' : 'had no second factor';
    return {
      result: { id, email, removed, sessions_ended: sessions },
      text: `${email} ${what}; ${count(sessions, 'session')} ended.`,
    };
  });
};
