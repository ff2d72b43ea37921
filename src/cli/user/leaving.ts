// gatehouse user export-data and keep: what somebody may ask an operator for, about an account that is theirs.
import { exportAccountAs } from '../../administration/accounts/export-account-as.ts';
import { keepAccountAs } from '../../administration/accounts/keep-account-as.ts';
import { OPERATOR } from '../access/operator.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { notFound, requireAccount } from './require-account.ts';

/** The same file that its owner can download. */
export function exportUserData(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id } = await requireAccount(deps.db, who);
    const exported = await exportAccountAs({ ...deps, config }, OPERATOR, { accountId: id });
    if (exported.outcome !== 'done') throw notFound(who);
    return { result: exported.data, text: JSON.stringify(exported.data, undefined, 2) };
  });
}

/** For who has asked for the deletion, and has lost the mail with the link. */
export function keepUser(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const kept = await keepAccountAs({ ...deps, config }, OPERATOR, { accountId: id });
    if (kept.outcome === 'not_possible')
      throw new CommandFailed('invalid', `${email} is not going to be deleted, or is banned.`);
    if (kept.outcome !== 'done') throw notFound(who);
    return { result: { id, email, status: 'active' }, text: `${email} stays, and may sign in.` };
  });
}
