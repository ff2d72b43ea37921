// The person is known, but has none of the roles that the app requires.
import type Koa from 'koa';
import type { Account } from '../accounts/account.ts';
import { textsFor } from '../http/page.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { addressOf, showStep } from './page.ts';

export async function showRefused(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account }: { signIn: SignIn; account: Account | undefined },
): Promise<void> {
  ctx.status = 403;
  await showStep(deps, ctx, {
    view: 'refused',
    title: 'not_for_you.title',
    signIn,
    account,
    locals: {
      message: textsFor(ctx)('not_for_you.message', { app: signIn.client.clientName }),
      action: addressOf(signIn, 'cancel'),
    },
  });
}
