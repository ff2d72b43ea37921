// gatehouse user ban, unban and delete: who may come in at all.

import { removeAccount } from '../../leaving/delete-account.ts';
import { banAccount, unbanAccount } from '../../sessions/ban-account.ts';
import { commandConfig } from '../configuration.ts';
import { confirmation } from '../confirmation.ts';
import { count } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import type { CommandDeps } from '../with-database.ts';
import { withDatabase } from '../with-database.ts';
import { notFound, requireAccount } from './require-account.ts';

export const banUser = (
  invocation: Invocation,
  { who, reason }: { who: string; reason?: string | undefined },
): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const sessions = await banAccount(deps, { accountId: id, reason });
    if (sessions === undefined) throw notFound(who);
    return {
      result: { id, email, status: 'banned', status_reason: reason, sessions_ended: sessions },
      text: `${email} is banned; ${count(sessions, 'session')} ended.`,
    };
  });

export const unbanUser = (invocation: Invocation, { who }: { who: string }): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const account = (await unbanAccount(deps, { accountId: id })) ?? (await requireAccount(deps.db, id));
    const until = account.deleteAt?.toISOString();
    return {
      result: { id, email, status: account.status },
      text:
        until === undefined
          ? `${email} may sign in.`
          : `${email} is not banned, but is going to be deleted at ${until}.`,
    };
  });

export async function deleteUser(invocation: Invocation, { who, yes }: { who: string; yes: boolean }): Promise<Answer> {
  const confirmed = confirmation(invocation, { yes });
  return withDatabase(commandConfig(invocation), async (deps: CommandDeps) => {
    const { id, email } = await requireAccount(deps.db, who);
    await confirmed(`Delete ${email} with roles, second factors and consents?`);
    if ((await removeAccount(deps, { accountId: id })) === undefined) throw notFound(who);
    return { result: { id, email, deleted: true }, text: `Deleted ${email}.` };
  });
}
