// gatehouse user ban, unban and delete: who may come in at all.

import { banAccountAs, unbanAccountAs } from '../../administration/accounts/ban-account-as.ts';
import { deleteAccountAs } from '../../administration/accounts/delete-account-as.ts';
import { evenTheLast, OPERATOR } from '../access/operator.ts';
import { commandConfig } from '../configuration.ts';
import { confirmation } from '../confirmation.ts';
import { count } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { notFound, requireAccount } from './require-account.ts';

export function banUser(
  invocation: Invocation,
  { who, reason, yes }: { who: string; reason?: string | undefined; yes: boolean },
): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const ban = { accountId: id, reason: reason ?? '' };
    const banned = await evenTheLast(invocation, { yes }, (by) => banAccountAs({ ...deps, config }, by, ban));
    if (banned.outcome === 'unknown') throw notFound(who);
    const sessions = banned.outcome === 'done' ? banned.sessionsEnded : 0;
    return {
      result: { id, email, status: 'banned', status_reason: reason, sessions_ended: sessions },
      text: `${email} is banned; ${count(sessions, 'session')} ended.`,
    };
  });
}

export function unbanUser(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id } = await requireAccount(deps.db, who);
    await unbanAccountAs({ ...deps, config }, OPERATOR, { accountId: id });
    const { email, status, deleteAt } = await requireAccount(deps.db, id);
    const until = deleteAt?.toISOString();
    return {
      result: { id, email, status },
      text:
        until === undefined
          ? `${email} may sign in.`
          : `${email} is not banned, but is going to be deleted at ${until}.`,
    };
  });
}

export async function deleteUser(invocation: Invocation, { who, yes }: { who: string; yes: boolean }): Promise<Answer> {
  const confirmed = confirmation(invocation, { yes });
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    await confirmed(`Delete ${email} with roles, second factors and consents?`);
    const deleting = { accountId: id };
    const deleted = await evenTheLast(invocation, { yes }, (by) => deleteAccountAs({ ...deps, config }, by, deleting));
    if (deleted.outcome !== 'done') throw notFound(who);
    return { result: { id, email, deleted: true }, text: `Deleted ${email}.` };
  });
}
