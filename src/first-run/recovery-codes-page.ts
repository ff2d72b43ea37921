// The recovery codes, shown until the person says that they are stored.
import type Koa from 'koa';
import { textsFor } from '../http/page.ts';
import type { FirstRunDeps } from './deps.ts';
import { buttonForm, readStep, redirectToSetup, type Step, showStep } from './page.ts';
import { moveTo, type Progress, type Stage } from './progress.ts';

export async function showRecoveryCodes(
  deps: FirstRunDeps,
  ctx: Koa.Context,
  { progress, at }: { progress: Progress; at: Extract<Stage, { stage: 'recovery-codes' }> },
): Promise<void> {
  await showStep(deps, ctx, {
    view: 'recovery-codes',
    title: 'recovery.title',
    progress,
    locals: {
      action: '/setup/recovery-codes',
      account: { label: at.email },
      codes: at.codes,
      downloadHref: '/setup/recovery-codes.txt',
    },
  });
}

export const downloadRecoveryCodes =
  (deps: FirstRunDeps): Step =>
  async (ctx, { at }) => {
    if (at.stage !== 'recovery-codes') return redirectToSetup(ctx);
    ctx.attachment('recovery-codes.txt');
    ctx.type = 'text/plain';
    ctx.body = `${textsFor(ctx)('recovery.file', { product: deps.config.name })}\n\n${at.codes.join('\n')}\n`;
  };

export const confirmRecoveryCodes =
  (deps: FirstRunDeps): Step =>
  async (ctx, progress) => {
    await readStep(deps, ctx, { progress, form: buttonForm });
    const { at } = progress;
    if (at.stage === 'recovery-codes') moveTo(deps, ctx, progress, { stage: 'done', email: at.email });
    redirectToSetup(ctx);
  };
