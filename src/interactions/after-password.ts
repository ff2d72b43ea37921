// What follows a right password, and whether what was proved in this sign-in is enough for it.
import type { Account } from '../accounts/account.ts';
import { asksForSecondFactor, isMet, requestedAcr, secondFactorDemand } from '../provider/step-up/required-acr.ts';
import { heldRoles } from '../roles/roles.ts';
import { hasSecondFactor } from '../second-factors/second-factor.ts';
import { authenticatedWith } from './authenticated-with.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { newEnrolment } from './enrol-totp-page.ts';
import type { Authenticated, SignInStage } from './sign-in-stage.ts';

/** Who has a second factor is always asked for it; who has none sets one up where it is needed. */
export async function afterPassword(
  deps: InteractionDeps,
  { signIn, account, passwordAt, keep }: { signIn: SignIn; account: Account; passwordAt: number; keep: boolean },
): Promise<SignInStage> {
  const proved = { accountId: account.id, passwordAt, keep };
  if (await hasSecondFactor(deps.db, account.id)) return { stage: 'second-factor', ...proved };
  if (await needsSecondFactor(deps, signIn, account.id)) return newEnrolment(deps, signIn, proved);
  return authenticatedWith('password', proved);
}

/** Asked again at the end, since a role or the client's file can have changed while a page was open. */
export async function isEnough(deps: InteractionDeps, signIn: SignIn, proved: Authenticated): Promise<boolean> {
  return proved.acr === 'mfa' || !(await needsSecondFactor(deps, signIn, proved.accountId));
}

/** False where the app insists on another acr than the one reached, for instance on `pwd` alone. */
export const isWhatAppInsistsOn = (signIn: SignIn, { acr }: Authenticated): boolean =>
  isMet(requestedAcr(signIn.params), acr);

async function needsSecondFactor(
  { config, db }: InteractionDeps,
  { client, params }: SignIn,
  accountId: string,
): Promise<boolean> {
  if (asksForSecondFactor(requestedAcr(params))) return true;
  return secondFactorDemand({ config, client }, await heldRoles(db, accountId)) !== undefined;
}
