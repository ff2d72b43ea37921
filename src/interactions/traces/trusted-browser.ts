// "Don't ask for a code again on this device": where it is offered, where it counts, and how the browser is known again.
import type Koa from 'koa';
import type { Account } from '../../accounts/account.ts';
import { mayTrustDevices, rememberDevice } from '../../devices/remember-device.ts';
import { isTrustedDevice } from '../../devices/trusted-device.ts';
import { keepDeviceToken } from '../../http/device-cookie.ts';
import { languageOf } from '../../http/language.ts';
import { sourceOf } from '../../http/request-source.ts';
import { type Demand, secondFactorDemand } from '../../provider/step-up/required-acr.ts';
import { heldRoles } from '../../roles/held.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { asksForNewProof } from '../freshness.ts';

/** Not where it could never count: an operator's demand is met by a code each time, and so is an administrator's sign-in. */
export const isTrustOffered = async (deps: InteractionDeps, signIn: SignIn, accountId: string): Promise<boolean> =>
  (await demandOf(deps, signIn, accountId)) === undefined && (await mayTrustDevices(deps, accountId));

/**
 * For whoever has a second factor that nobody demands. The sign-in is then one by password, and says so (`acr` pwd): no
 * device stands for a factor. An app that wants a new proof (prompt=login, max_age) gets the whole of it.
 */
export const mayLeaveCodeOut = async (deps: InteractionDeps, signIn: SignIn, accountId: string): Promise<boolean> =>
  !asksForNewProof(signIn.params) && (await isTrustedDevice(deps, { accountId, token: signIn.deviceToken }));

/** The operator's demand; the app's own is in the request. */
export async function demandOf(
  { config, db, clock }: InteractionDeps,
  { client }: SignIn,
  accountId: string,
): Promise<Demand | undefined> {
  return secondFactorDemand({ config, client }, await heldRoles({ db, clock }, accountId));
}

/** To be called as the sign-in completes, with the account as it was before. */
export async function rememberBrowser(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { account, trust }: { account: Account; trust: boolean },
): Promise<void> {
  const token = keepDeviceToken(ctx);
  await rememberDevice(deps, { account, token, source: sourceOf(ctx), language: languageOf(ctx), trust });
}
