// Somebody else was faster with the username: another one, and nothing else is asked again.
import type Koa from 'koa';
import { textsFor } from '../../http/page.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { addressOf, showStep } from '../page.ts';

export async function showChooseUsername(
  deps: InteractionDeps,
  ctx: Koa.Context,
  {
    signIn,
    username,
    problem = 'taken',
  }: { signIn: SignIn; username: string | undefined; problem?: 'taken' | 'unusable' },
): Promise<void> {
  const t = textsFor(ctx);
  const summary = t(problem === 'taken' ? 'sign_up.username_taken' : 'sign_up.username_wrong');
  if (ctx.method === 'POST') ctx.status = 400;
  await showStep(deps, ctx, {
    view: 'choose-username',
    title: 'choose_username.title',
    signIn,
    locals: {
      action: addressOf(signIn, 'username'),
      username: username ?? '',
      required: deps.config.registration.requiredFields.includes('username'),
      problem: { summary, field: 'username' },
    },
  });
}
