// What all pages of the set-up share: whose turn it is, reading a form, showing a page, going back to dispatch.
import type Koa from 'koa';
import { z } from 'zod';
import { type SetupLinkState, stateOfSetupLink } from '../first-administrator/setup-link.ts';
import { readForm } from '../http/form.ts';
import { type Locals, renderPage, textsFor } from '../http/page.ts';
import type { Handler } from '../http/route.ts';
import type { MessageKey } from '../texts/messages.ts';
import { SETUP_PATH } from './address.ts';
import type { FirstRunDeps } from './deps.ts';
import { type Progress, progressOf } from './progress.ts';

export type Step = (ctx: Koa.Context, progress: Progress) => Promise<void>;

/**
 * Runs a step for the browser that has opened the link. Who finished here goes on to the end; everybody else is told that
 * it is over, once there has been an administrator.
 */
export const inSetup =
  (deps: FirstRunDeps, step: Step): Handler =>
  async (ctx) => {
    ctx.state.pageAddress = SETUP_PATH;
    const progress = progressOf(deps, ctx);
    if (progress !== undefined && hasFinished(progress)) return step(ctx, progress);
    const state = await stateOfSetupLink(deps, progress?.tokenHash ?? '');
    if (state !== 'good' || progress === undefined) return showEnd(ctx, state);
    return step(ctx, progress);
  };

const hasFinished = ({ at }: Progress): boolean => at.stage === 'recovery-codes' || at.stage === 'done';

/** There is nothing to do here: the link is no good any more, or somebody has used it. */
export async function showEnd(ctx: Koa.Context, state: SetupLinkState): Promise<void> {
  const closed = state === 'closed';
  ctx.state.pageAddress = SETUP_PATH;
  ctx.status = closed ? 403 : 400;
  await renderPage(ctx, `first-run/${closed ? 'closed' : 'void'}`, {
    title: textsFor(ctx)(closed ? 'setup.closed.title' : 'setup.void.title'),
  });
}

export const buttonForm = z.object({ csrf: z.string().optional() });

/** Reads a posted form with its token. Who posts without the token of this very browser is refused (CSRF, T21). */
export async function readStep<Fields extends { readonly csrf?: string | undefined }>(
  deps: FirstRunDeps,
  ctx: Koa.Context,
  { progress, form }: { progress: Progress; form: z.ZodType<Fields> },
): Promise<Fields> {
  const fields = await readForm(ctx, form);
  deps.csrf.check(ctx, binding(progress), fields.csrf);
  return fields;
}

export async function showStep(
  deps: FirstRunDeps,
  ctx: Koa.Context,
  page: { view: string; title: MessageKey; progress: Progress; locals: Locals },
): Promise<void> {
  await renderPage(ctx, `first-run/${page.view}`, {
    title: textsFor(ctx)(page.title, { product: deps.config.name }),
    csrf: deps.csrf.token(binding(page.progress)),
    ...page.locals,
  });
}

export function redirectToSetup(ctx: Koa.Context): void {
  ctx.redirect(SETUP_PATH);
  ctx.status = 303;
}

const binding = ({ id }: Progress): string => `setup:${id}`;
