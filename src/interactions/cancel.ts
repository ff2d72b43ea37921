// "Back to the app" without signing in: the app hears access_denied.
import type { InteractionDeps } from './deps.ts';
import { finishDenied } from './finish.ts';
import { buttonForm, readStep, type Step } from './page.ts';

export const submitCancel =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    await readStep(deps, ctx, { signIn, form: buttonForm });
    return finishDenied(deps, ctx, { signIn, how: 'cancelled' });
  };
