// The person is known, but has none of the roles that the app requires.
import type Koa from 'koa';
import type { Account } from '../accounts/account.ts';
import { placeOf } from '../explanations/diagnose.ts';
import type { Facts } from '../explanations/facts.ts';
import { textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { addressOf, showStep } from './page.ts';
import { recordStep } from './traces/step-events.ts';

export async function showRefused(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account }: { signIn: SignIn; account: Account | undefined },
): Promise<void> {
  ctx.status = 403;
  ctx.state.failure = { kind: 'access.role_missing', clientId: signIn.client.clientId, details: factsOf(signIn) };
  const details = { reason: ctx.state.failure.kind };
  await recordStep(deps, ctx, { signIn, event: 'sign_in.refused', accountId: account?.id, details });
  await showStep(deps, ctx, {
    view: 'refused',
    title: 'not_for_you.title',
    signIn,
    account,
    locals: {
      message: textsFor(ctx)('not_for_you.message', { app: signIn.client.clientName }),
      action: addressOf(signIn, 'cancel'),
      reference: referenceOf(ctx),
    },
  });
}

/** For the operator whom the person asks. Who it was stands in the log. */
const factsOf = ({ client }: SignIn): Facts => ({
  case: 'access.role_missing',
  expected: client.access.requireAnyRole,
  key: 'access',
  place: placeOf(client.source, 'access'),
});
