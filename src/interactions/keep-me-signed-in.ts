// "Keep me signed in": whether the sign-in page offers it, and how its box is set when the page is shown.
import type { SessionLimits } from '../config/config.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';

const DAY_SECONDS = 86_400;

export interface KeepBox {
  readonly checked: boolean;
  /** In all. */
  readonly days: number;
}

/** Undefined where it is not offered. `typed` is what was sent with a page that is shown once more. */
export async function keepBox(
  deps: InteractionDeps,
  { signIn, typed, isSameAccount }: { signIn: SignIn; typed: boolean | undefined; isSameAccount: boolean },
): Promise<KeepBox | undefined> {
  const { keep } = deps.config.sessions;
  if (keep === undefined) return undefined;
  return { checked: typed ?? (isSameAccount && (await isKept(deps, signIn))), days: daysOf(keep) };
}

/** A box that was not offered keeps nobody. */
export const asksToBeKept = ({ config }: InteractionDeps, typed: string | undefined): boolean =>
  config.sessions.keep !== undefined && typed === 'yes';

/** Who is kept already, and proves it again, stays so unless they say otherwise. */
async function isKept({ provider }: InteractionDeps, { interaction }: SignIn): Promise<boolean> {
  const uid = interaction.session?.uid;
  const session = uid === undefined ? undefined : await provider().Session.findByUid(uid);
  return session !== undefined && session.accountId === interaction.session?.accountId && session.transient !== true;
}

const daysOf = ({ absoluteSeconds }: SessionLimits): number => absoluteSeconds / DAY_SECONDS;
