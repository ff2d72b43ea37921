// What all pages of a sign-in share: opening the interaction, reading a form, showing a page, going back to dispatch.
import type Koa from 'koa';
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import { readForm } from '../http/form.ts';
import { chosenLanguage } from '../http/language.ts';
import { type Locals, renderPage, textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import type { Handler } from '../http/route.ts';
import { accountHeading, clientHeading, wayBack } from '../provider/headings.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { InteractionDeps } from './deps.ts';
import { openSignIn, type SignIn } from './engine-interaction.ts';
import { type SignInStage, storeStage } from './sign-in-stage.ts';

export type Step = (ctx: Koa.Context, signIn: SignIn) => Promise<void>;

/** Runs a step of the sign-in that this browser holds; otherwise says that it has ended, with a way back to the app. */
export const inSignIn =
  (deps: InteractionDeps, step: Step): Handler =>
  async (ctx) => {
    const signIn = await openSignIn(deps, ctx);
    if (signIn === undefined) return showExpired(deps, ctx);
    await followLanguage(ctx, signIn);
    return step(ctx, signIn);
  };

/**
 * The pages of a sign-in are in the language that the app asked for, until the person chooses another one: that choice
 * then takes its place in the request, and so holds to the end.
 */
async function followLanguage(ctx: Koa.Context, { uid, interaction }: SignIn): Promise<void> {
  const chosen = chosenLanguage(ctx);
  if (chosen !== undefined && interaction.params['ui_locales'] !== undefined) {
    interaction.params['ui_locales'] = chosen;
    await interaction.persist();
  }
  ctx.state.uiLocales = interaction.params['ui_locales'];
  ctx.state.pageAddress = `/interaction/${uid}${ctx.search}`;
}

/** Reads a posted form with its token. Who posts without the token of this very sign-in is refused (CSRF). */
export async function readStep<Fields extends { readonly csrf?: string | undefined }>(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, form }: { signIn: SignIn; form: z.ZodType<Fields> },
): Promise<Fields> {
  const fields = await readForm(ctx, form);
  deps.csrf.check(ctx, binding(signIn), fields.csrf);
  return fields;
}

/** The form of a step that needs nothing but the press of its button. */
export const buttonForm = z.object({ csrf: z.string().optional() });

/** The title may name the app: `{app}`. */
export async function showStep(
  deps: InteractionDeps,
  ctx: Koa.Context,
  page: { view: string; title: MessageKey; signIn: SignIn; account?: Account | undefined; locals: Locals },
): Promise<void> {
  const { signIn, account } = page;
  await renderPage(ctx, `interactions/${page.view}`, {
    title: textsFor(ctx)(page.title, { app: signIn.client.clientName }),
    client: clientHeading(signIn.client),
    csrf: deps.csrf.token(binding(signIn)),
    cancelAction: addressOf(signIn, 'cancel'),
    notYouAction: addressOf(signIn, 'another-account'),
    ...(account === undefined ? {} : { account: accountHeading(account) }),
    ...page.locals,
  });
}

/** The address of a step; its query keeps the app known when the interaction is gone. */
export function addressOf(signIn: SignIn, step?: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams({ client: signIn.client.clientId, ...query });
  return `/interaction/${signIn.uid}${step === undefined ? '' : `/${step}`}?${search}`;
}

/** Stores what is known now and goes back to dispatch, which decides what comes next. */
export async function proceed(ctx: Koa.Context, signIn: SignIn, stage: SignInStage): Promise<void> {
  await storeStage(signIn.interaction, stage);
  redirectToDispatch(ctx, signIn);
}

export function redirectToDispatch(ctx: Koa.Context, signIn: SignIn): void {
  ctx.redirect(addressOf(signIn));
  ctx.status = 303;
}

const binding = (signIn: SignIn): string => `interaction:${signIn.uid}`;

async function showExpired({ clients }: InteractionDeps, ctx: Koa.Context): Promise<void> {
  const clientId = ctx.query['client'];
  const client = typeof clientId === 'string' ? clients().get(clientId) : undefined;
  const back = wayBack(client);
  ctx.status = 400;
  const reference = referenceOf(ctx);
  ctx.state.failure = { kind: 'sign_in.over', clientId: client?.clientId, details: { case: 'sign_in.over' } };
  await renderPage(ctx, 'interactions/expired', { title: textsFor(ctx)('expired.title'), back, reference });
}
