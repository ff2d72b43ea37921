// gatehouse user set-password and reset-mfa: a new start for somebody who is locked out, and an end for whoever is in.
import { inWords } from '../../accounts/password-rules.ts';
import { resetFactorsAs } from '../../administration/accounts/reset-factors-as.ts';
import { setPassword } from '../../credentials/set-password.ts';
import { OPERATOR } from '../access/operator.ts';
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
    const change = await setPassword({ ...deps, ...needed, config }, { accountId: id, password, actor: 'operator' });
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

/** Ends every session and refresh token too; whoever had a second factor is told by mail. */
export function resetUserFactors(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const reset = await resetFactorsAs({ ...deps, config }, OPERATOR, { accountId: id });
    if (reset.outcome !== 'done') throw notFound(who);
    const { removed, sessionsEnded } = reset;
    const what = removed ? 'has no second factor any longer' : 'had no second factor';
    return {
      result: { id, email, removed, sessions_ended: sessionsEnded },
      text: `${email} ${what}; ${count(sessionsEnded, 'session')} ended.`,
    };
  });
}
