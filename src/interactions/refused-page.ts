// The person is known, but is none of those whom the app is open to.
import type Koa from 'koa';
import type { Account } from '../accounts/account.ts';
import { placeOf } from '../explanations/diagnose.ts';
import type { Facts } from '../explanations/facts.ts';
import { textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import { type UnmetRule, unmetRule } from '../provider/rights/access-rules.ts';
import { heldRoles } from '../roles/held.ts';
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
  const facts = factsOf(signIn, await unmetBy(deps, signIn, account));
  ctx.state.failure = { kind: facts.case, clientId: signIn.client.clientId, details: facts };
  const details = { reason: facts.case };
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

const unmetBy = async (deps: InteractionDeps, { client }: SignIn, account: Account | undefined) =>
  account === undefined
    ? undefined
    : unmetRule(deps, client, { accountId: account.id, held: await heldRoles(deps, account.id) });

/** For the operator whom the person asks. Who it was stands in the log; what is kept of them is told nowhere. */
const factsOf = ({ client }: SignIn, unmet: UnmetRule | undefined): Facts => ({
  case: unmet === undefined ? 'access.role_missing' : `access.${unmet.rule}_missing`,
  expected: unmet?.expected ?? client.access.requireAnyRole,
  ...(unmet?.rule === 'attribute' ? { values: { attribute: unmet.attribute } } : {}),
  key: 'access',
  place: placeOf(client.source, 'access'),
});
