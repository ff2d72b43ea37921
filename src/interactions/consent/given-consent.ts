// What a person has just allowed an app: remembered, and written down as theirs.
import type Koa from 'koa';
import { recordEvent } from '../../audit/audit-log.ts';
import { atomically } from '../../database/atomically.ts';
import { afterCommit } from '../../database/transactions/after-commit.ts';
import { sourceOf } from '../../http/request-source.ts';
import type { Allowed } from '../../sessions/allowed.ts';
import { rememberConsent } from '../../sessions/consents.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';

export interface GivenConsent {
  readonly accountId: string;
  readonly allowed: Allowed;
}

/**
 * In the caller's transaction, where there is one. The grant that is made of it is stored before: whoever takes the consent back
 * finds it then, and no statement has to ask whether they have.
 */
export const keepConsent = (
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, given: { accountId, allowed } }: { signIn: SignIn; given: GivenConsent },
): Promise<void> =>
  atomically(deps.db, async (tx) => {
    const { clientId } = signIn.client;
    const { scopes, resources } = allowed;
    await rememberConsent({ ...deps, db: tx }, { accountId, clientId, allowed });
    const details = { scopes, apis: [...resources.keys()] };
    await recordEvent(
      { ...deps, db: tx },
      { event: 'consent.given', accountId, clientId, source: sourceOf(ctx), details },
    );
    await afterCommit(tx, () => deps.log.info({ event: 'consent.given', accountId, clientId, scopes }));
  });
