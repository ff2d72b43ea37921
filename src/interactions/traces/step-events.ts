// The steps of a sign-in as events: what was proved on the way, and how it ended without a session.
import type Koa from 'koa';
import type { Authentication } from '../../accounts/authenticate.ts';
import { type AuditEvent, recordEvent } from '../../audit/audit-log.ts';
import { sourceOf } from '../../http/request-source.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';

type StepEvent =
  | 'sign_in.password_accepted'
  | 'sign_in.failed'
  | 'sign_in.limited'
  | 'sign_in.cancelled'
  | 'sign_in.refused'
  | 'sign_in.unmet'
  | 'sign_in.somebody_else'
  | 'second_factor.accepted'
  | 'second_factor.failed'
  | 'second_factor.limited'
  | 'consent.denied';

/** The account is that of the stage, or of the session that is there, unless another is named. */
export async function recordStep<Name extends StepEvent>(
  deps: Pick<InteractionDeps, 'db' | 'clock'>,
  ctx: Koa.Context,
  { signIn, ...step }: Pick<AuditEvent<Name>, 'event' | 'accountId' | 'details'> & { readonly signIn: SignIn },
): Promise<void> {
  const outcome = ACCEPTED.has(step.event) ? 'success' : 'failure';
  const { clientId } = signIn.client;
  await recordEvent(deps, { accountId: accountOf(signIn), ...step, clientId, source: sourceOf(ctx), outcome });
}

/** What became of a password. Of nobody where there is no such account: the same work, so that the time says nothing. */
export async function recordAnswer(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, answer }: { readonly signIn: SignIn; readonly answer: Authentication },
): Promise<void> {
  switch (answer.outcome) {
    case 'authenticated':
      return recordStep(deps, ctx, { signIn, event: 'sign_in.password_accepted', accountId: answer.account.id });
    case 'too_many_attempts':
      if (!answer.isFirst) return undefined;
      return recordStep(deps, ctx, { signIn, event: 'sign_in.limited', accountId: answer.accountId });
    case 'wrong_credentials':
    case 'not_active':
    case 'being_deleted': {
      const details = { reason: answer.outcome };
      return recordStep(deps, ctx, { signIn, event: 'sign_in.failed', accountId: answer.accountId, details });
    }
  }
}

const ACCEPTED: ReadonlySet<string> = new Set(['sign_in.password_accepted', 'second_factor.accepted']);

const accountOf = ({ stage, sessionAccountId }: SignIn): string | undefined =>
  'accountId' in stage ? stage.accountId : sessionAccountId;
