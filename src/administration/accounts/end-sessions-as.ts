// Ends sessions of somebody, and what an app has of them.
import { inLine } from '../../database/transactions/in-line.ts';
import { lockModel } from '../../roles/model-lock.ts';
import { disconnectApp } from '../../sessions/connected-apps.ts';
import { endSessionOf, endSessionsOf } from '../../sessions/end-session-of.ts';
import { type AdministrationDeps, type Administrator, actorOf, permissionsHeld, sourceOf } from '../administrator.ts';
import { change, type Doing, lockWhom, recordRefusal } from '../change.ts';
import { accountFor } from '../guards.ts';
import { type Outcome, type Refusal, unknown } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';

/** `handle` as lists of sessions show it. */
export function endSessionAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId, handle }: { accountId: string; handle: string },
): Promise<Outcome> {
  const doing = { by, needs: 'sessions:end', action: 'account.end_session', accountId } as const;
  return whereAllowed(deps, doing, async (ending) => {
    const ended = await endSessionOf(ending.deps, { ...ending.whose, handle });
    return ended === 'ended' ? { outcome: 'done' } : unknown('session', handle);
  });
}

export function endSessionsAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId }: { accountId: string },
): Promise<Outcome<{ sessionsEnded: number }>> {
  const doing = { by, needs: 'sessions:end', action: 'account.end_sessions', accountId } as const;
  return whereAllowed(deps, doing, async (ending) => {
    return { outcome: 'done', sessionsEnded: await endSessionsOf(ending.deps, ending.whose) };
  });
}

/** Consent, grants and tokens: the app has to ask anew. */
export function disconnectAppAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId, clientId }: { accountId: string; clientId: string },
): Promise<Outcome> {
  const doing = { by, needs: 'sessions:end', action: 'account.disconnect_app', accountId } as const;
  return change(deps, doing, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    if ('outcome' in account) return account;
    const whose = { accountId, clientId, actor: actorOf(by), source: sourceOf(by) };
    return (await disconnectApp(inside, whose)) ? { outcome: 'done' } : unknown('client', clientId);
  });
}

type OfSessions = Extract<Doing, object> & { readonly accountId: string };

/**
 * A session ends in a transaction of its own, and its grants after it (sessions/end-session.ts), so the right to do so is
 * asked for in each, under the locks that `change` has. Whoever loses it meanwhile ends no more of them.
 */
async function whereAllowed<Answer extends Outcome<object>>(
  deps: AccountDeps,
  doing: OfSessions,
  end: (ending: ReturnType<typeof endingOf>) => Promise<Answer>,
): Promise<Answer | Refusal | ReturnType<typeof unknown>> {
  try {
    return await inLine(deps.db, async () => {
      await deps.db.transaction().execute((tx) => mayEnd({ ...deps, db: tx }, doing));
      return end(endingOf(deps, doing));
    });
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    if (error.why.outcome !== 'unknown') await recordRefusal(deps, doing, error.why);
    return error.why;
  }
}

const endingOf = (deps: AccountDeps, doing: OfSessions) => ({
  deps: { ...deps, limits: deps.config.sessions },
  whose: {
    accountId: doing.accountId,
    actor: actorOf(doing.by),
    source: sourceOf(doing.by),
    first: (inside: AdministrationDeps) => mayEnd(inside, doing),
  },
});

async function mayEnd(inside: AdministrationDeps, { by, needs, accountId }: OfSessions): Promise<void> {
  await lockModel(inside.db);
  const held = await permissionsHeld(inside, by);
  if (!held.has(needs)) throw new NotAllowed({ outcome: 'forbidden', needs });
  await lockWhom(inside.db, accountId);
  const account = await accountFor(inside, { by, held }, { accountId });
  if ('outcome' in account) throw new NotAllowed(account);
}

class NotAllowed extends Error {
  readonly why: Refusal | ReturnType<typeof unknown>;
  constructor(why: Refusal | ReturnType<typeof unknown>) {
    super(why.outcome);
    this.why = why;
  }
}
