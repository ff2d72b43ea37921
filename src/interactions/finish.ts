// The one place that hands a result back to the engine.
import type Koa from 'koa';
import type { Session } from 'oidc-provider';
import { recordSignIn } from '../accounts/accounts.ts';
import { recordEvent } from '../audit/audit-log.ts';
import { languageOf } from '../http/language.ts';
import { renderPage, textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Person } from '../profiles/person.ts';
import { requestedAccess } from '../provider/access.ts';
import { findSession } from '../provider/browser-session.ts';
import { settleGrant } from '../provider/consented-grant.ts';
import { clientHeading } from '../provider/headings.ts';
import { mayUse } from '../provider/rights/access-rules.ts';
import { endSession } from '../sessions/end-session.ts';
import { isEnough, isWhatAppInsistsOn } from './after-password.ts';
import { type GivenConsent, keepConsent } from './consent/given-consent.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { proceed, redirectToDispatch } from './page.ts';
import { earlierResults } from './sign-in-stage.ts';
import { recordStep } from './traces/step-events.ts';
import { rememberBrowser } from './traces/trusted-browser.ts';

/**
 * Signs the person in: login and consent at once. Called only when nothing is missing any more, with the person as this
 * request has found them.
 */
export async function finishAuthenticated(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, person, given }: { signIn: SignIn; person: Person; given?: GivenConsent },
): Promise<void> {
  const { stage } = signIn;
  if (stage.stage !== 'authenticated') throw new Error(`a sign-in cannot be finished at the stage ${stage.stage}`);
  const { accountId, at, acr, amr, keep } = stage;
  const { account } = person;
  if (account.id !== accountId) throw new Error('a sign-in cannot be finished for another account than it is of');
  if (!(await isEnough(deps, signIn, { proved: stage, person })) || !isWhatAppInsistsOn(signIn, stage)) {
    if (given !== undefined) await keepConsent(deps, ctx, { signIn, given });
    return redirectToDispatch(ctx, signIn);
  }
  // It may have begun in another tab after this sign-in did.
  const session = await findSession(deps.provider(), ctx);
  // Somebody else was signed in here: that session ends now, and the new one starts from nothing.
  if (session?.accountId !== undefined && session.accountId !== accountId) {
    const ending = { accountId: session.accountId, source: sourceOf(ctx), details: { reason: 'somebody_else' } };
    await endSession(deps, session.uid, {
      alongside: (inside) => recordEvent(inside, { event: 'session.ended', ...ending }),
    });
  }
  // A sign-in stands on its own. Bound to the session it began in, it would be lost where another tab, signing in at the
  // same moment, gives that session a new identifier.
  signIn.interaction.session = undefined;
  const own = session?.accountId === accountId ? session : undefined;
  const grantId = await grantFor(deps, { signIn, accountId, session: own, given });
  if (grantId === undefined) return redirectToDispatch(ctx, signIn);
  const { clientId } = signIn.client;
  await deps.db.transaction().execute(async (tx) => {
    const inside = { ...deps, db: tx };
    await recordSignIn(inside, { accountId, language: languageOf(ctx) });
    await rememberBrowser(inside, ctx, { account, trust: stage.trustDevice === true });
    if (given !== undefined) await keepConsent(inside, ctx, { signIn, given });
    await recordEvent(inside, {
      event: 'sign_in.succeeded',
      accountId,
      clientId,
      source: sourceOf(ctx),
      details: { acr, amr: [...amr] },
    });
  });
  deps.log.info({ event: 'sign_in.success', accountId, clientId, acr });
  // The engine remembers whom nobody has said anything about, as by a stage that another release has stored.
  const login = { accountId, acr, amr: [...amr], ts: at, remember: keep === true };
  await handBack(ctx, signIn, { login, select_account: {}, create: {}, consent: { grantId } });
}

/** Consent for a person who was signed in already. */
export async function finishConsented(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, person, given }: { signIn: SignIn; person: Person; given: GivenConsent },
): Promise<void> {
  const session = await findSession(deps.provider(), ctx);
  const { held, profile, account } = person;
  const accountId = account.id;
  const isTheirs = session?.accountId === accountId;
  const grantId =
    isTheirs && (await mayUse(deps, signIn.client, { accountId, held, profile }))
      ? await grantFor(deps, { signIn, accountId, session, given })
      : undefined;
  await keepConsent(deps, ctx, { signIn, given });
  if (grantId === undefined) return proceed(ctx, signIn, { stage: 'start' });
  await handBack(ctx, signIn, { consent: { grantId } });
}

export const finishChosenAccount = (_deps: InteractionDeps, ctx: Koa.Context, signIn: SignIn): Promise<void> =>
  handBack(ctx, signIn, { select_account: {}, create: {} });

/** They are kept with the account: the engine looks there again. */
export const finishTerms = (_deps: InteractionDeps, ctx: Koa.Context, signIn: SignIn): Promise<void> =>
  handBack(ctx, signIn, { terms: {} });

export async function finishDenied(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, how }: { signIn: SignIn; how: 'cancelled' | 'consent_denied' },
): Promise<void> {
  const event = how === 'consent_denied' ? 'consent.denied' : 'sign_in.cancelled';
  const details = how === 'consent_denied' ? {} : { at: signIn.stage.stage };
  await recordStep(deps, ctx, { signIn, event, details });
  deps.log.info({ event: 'sign_in.denied', clientId: signIn.client.clientId });
  await handBack(ctx, signIn, { error: 'access_denied', error_description: 'the End-User did not allow the request' });
}

/** Somebody signed in, but not the person whom the app names. */
export async function finishAsSomebodyElse(deps: InteractionDeps, ctx: Koa.Context, signIn: SignIn): Promise<void> {
  await recordStep(deps, ctx, { signIn, event: 'sign_in.somebody_else' });
  deps.log.info({ event: 'sign_in.somebody_else', clientId: signIn.client.clientId });
  const error_description = 'the requested and the authenticated subject do not match';
  await handBack(ctx, signIn, { error: 'login_required', error_description });
}

/** The app insists on an authentication context that this person's sign-in does not have. */
export async function finishUnmet(deps: InteractionDeps, ctx: Koa.Context, signIn: SignIn): Promise<void> {
  const acr = 'acr' in signIn.stage ? signIn.stage.acr : undefined;
  await recordStep(deps, ctx, { signIn, event: 'sign_in.unmet', details: { acr } });
  deps.log.info({ event: 'sign_in.unmet', clientId: signIn.client.clientId });
  const error_description = 'none of the requested authentication contexts is met';
  await handBack(ctx, signIn, { error: 'unmet_authentication_requirements', error_description });
}

/** Undefined where the person has taken back what they allowed before, in this very moment: they are asked once more. */
async function grantFor(
  deps: InteractionDeps,
  whose: { signIn: SignIn; accountId: string; session: Session | undefined; given: GivenConsent | undefined },
): Promise<string | undefined> {
  const { signIn, accountId, session, given } = whose;
  const { client } = signIn;
  const allowed = given?.allowed ?? requestedAccess(client, signIn.params);
  const isGivenNow = given !== undefined;
  const grant = await settleGrant(deps, { provider: deps.provider(), session, accountId, client, allowed, isGivenNow });
  return grant?.jti;
}

/**
 * A 200 page that goes on by itself, not a redirect: `form-action 'self'` of the page with the form would otherwise be
 * held against every redirect that follows, the app's own included.
 */
async function handBack(ctx: Koa.Context, signIn: SignIn, result: Record<string, unknown>): Promise<void> {
  const { interaction } = signIn;
  interaction.result = 'error' in result ? result : { ...earlierResults(interaction), ...result };
  await interaction.persist();
  ctx.status = 200;
  await renderPage(ctx, 'interactions/continue', {
    title: textsFor(ctx)('back.app', { app: signIn.client.clientName }),
    href: interaction.returnTo,
    languages: [],
    client: clientHeading(signIn.client),
  });
}
