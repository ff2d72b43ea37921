// gatehouse user export-data and keep: what somebody may ask an operator for, about an account that is theirs.
import { recordEvent } from '../../audit/audit-log.ts';
import { exportAccount } from '../../leaving/export-account.ts';
import { keepAccount } from '../../leaving/keep-account.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { requireAccount } from './require-account.ts';

/** The same file that its owner can download. */
export function exportUserData(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const account = await requireAccount(deps.db, who);
    const result = await exportAccount({ ...deps, config }, account);
    await recordEvent(deps, { event: 'account.data_downloaded', accountId: account.id, actor: 'operator' });
    return { result, text: JSON.stringify(result, undefined, 2) };
  });
}

/** For who has asked for the deletion, and has lost the mail with the link. */
export const keepUser = (invocation: Invocation, { who }: { who: string }): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const kept = await keepAccount(deps, { accountId: id, actor: 'operator' });
    if (kept.outcome === 'void')
      throw new CommandFailed('invalid', `${email} is not going to be deleted, or is banned.`);
    return { result: { id, email, status: 'active' }, text: `${email} stays, and may sign in.` };
  });
