// Go on as the account that is signed in, or as another one (prompt=select_account).
import type Koa from 'koa';
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import { signUpClosed } from '../http/refusals.ts';
import { accountHeading } from '../provider/headings.ts';
import { isOpen } from '../registrations/policy.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { addressOf, proceed, readStep, type Step, showStep } from './page.ts';

const form = z.object({ csrf: z.string().optional(), choice: z.enum(['continue', 'another', 'create']) });

/** Prompts of the engine that a person answers by saying whom they go on as. */
const CHOOSING: readonly string[] = ['select_account', 'create'];

export async function showAccountChoice(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account }: { signIn: SignIn; account: Account | undefined },
): Promise<void> {
  await showStep(deps, ctx, {
    view: 'select-account',
    title: 'select_account.title',
    signIn,
    locals: {
      action: addressOf(signIn, 'account'),
      account: account === undefined ? undefined : accountHeading(account),
      mayCreate: isOpen(deps.config),
    },
  });
}

export const submitAccountChoice =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { choice } = await readStep(deps, ctx, { signIn, form });
    if (choice === 'create' && !isOpen(deps.config)) throw signUpClosed();
    if (choice === 'create') return proceed(ctx, signIn, { stage: 'sign-up' });
    const mayContinue = signIn.stage.stage === 'start' && CHOOSING.includes(signIn.interaction.prompt.name);
    const chosen = choice === 'continue' && mayContinue && signIn.sessionAccountId !== undefined;
    return proceed(ctx, signIn, { stage: chosen ? 'account-chosen' : 'another-account' });
  };
