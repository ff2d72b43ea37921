// The person is known, but has none of the roles that the app requires.
import type Koa from 'koa';
import type { Account } from '../accounts/account.ts';
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
    title: `You cannot use ${signIn.client.clientName}`,
    signIn,
    account,
    locals: {
      message: `${signIn.client.clientName} is open to some people only, and this account is not among them. Ask the people who run it for access.`,
      action: addressOf(signIn, 'cancel'),
    },
  });
}
