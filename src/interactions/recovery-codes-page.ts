// The recovery codes, shown until the person says that they are stored, and never again.
import type Koa from 'koa';
import type { Account } from '../accounts/account.ts';
import { textsFor } from '../http/page.ts';
import { authenticatedWith } from './authenticated-with.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { recoveryCodesPlace } from './enrol-totp-page.ts';
import { addressOf, buttonForm, proceed, readStep, redirectToDispatch, type Step, showStep } from './page.ts';

export async function showRecoveryCodes(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account, sealedCodes }: { signIn: SignIn; account: Account; sealedCodes: string },
): Promise<void> {
  await showStep(deps, ctx, {
    view: 'recovery-codes',
    title: 'recovery.title',
    signIn,
    account,
    locals: {
      action: addressOf(signIn, 'recovery-codes'),
      codes: openCodes(deps, signIn, sealedCodes),
      downloadHref: addressOf(signIn, 'recovery-codes.txt'),
    },
  });
}

export const downloadRecoveryCodes =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    if (signIn.stage.stage !== 'recovery-codes') return redirectToDispatch(ctx, signIn);
    const codes = openCodes(deps, signIn, signIn.stage.sealedCodes);
    ctx.attachment('recovery-codes.txt');
    ctx.type = 'text/plain';
    const title = textsFor(ctx)('recovery.file', { product: deps.config.name });
    ctx.body = `${title}\n\n${codes.join('\n')}\n`;
  };

export const confirmRecoveryCodes =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    await readStep(deps, ctx, { signIn, form: buttonForm });
    if (signIn.stage.stage !== 'recovery-codes') return redirectToDispatch(ctx, signIn);
    return proceed(ctx, signIn, authenticatedWith('totp', signIn.stage));
  };

const openCodes = ({ box }: InteractionDeps, signIn: SignIn, sealedCodes: string): string[] =>
  JSON.parse(box.open(sealedCodes, recoveryCodesPlace(signIn))) as string[];
