// Mails that have not been delivered: another attempt, or none.
import { recordEvent } from '../audit/audit-log.ts';
import { dropMail, retryMails } from '../mail/outbox.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf } from './administrator.ts';
import { change } from './change.ts';
import { canBeName, type Outcome, unknown } from './outcomes.ts';

/** One of them, or all that wait and have been given up. */
export function retryMailAs(
  deps: AdministrationDeps,
  by: Administrator,
  { id }: { id?: string | undefined },
): Promise<Outcome<{ mails: number }>> {
  return change(deps, { by, needs: 'outbox:write', action: 'mail.retry' }, async (inside) => {
    if (id !== undefined && !canBeName(id)) return unknown('mail', id);
    const mails = await retryMails(inside, id);
    if (mails === 0) return id === undefined ? { outcome: 'unchanged' } : unknown('mail', id);
    const subject = id === undefined ? undefined : (`mail:${id}` as const);
    const who = { actor: actorOf(by), source: sourceOf(by) };
    await recordEvent(inside, { event: 'mail.retried', subject, ...who, details: { mails } });
    return { outcome: 'done', mails };
  });
}

/** It is never sent. */
export function dropMailAs(deps: AdministrationDeps, by: Administrator, { id }: { id: string }): Promise<Outcome> {
  return change(deps, { by, needs: 'outbox:write', action: 'mail.drop' }, async (inside) => {
    if (!canBeName(id) || !(await dropMail(inside.db, id))) return unknown('mail', id);
    const who = { actor: actorOf(by), source: sourceOf(by) };
    await recordEvent(inside, { event: 'mail.dropped', subject: `mail:${id}`, ...who, details: { mails: 1 } });
    return { outcome: 'done' };
  });
}
