// How far a person has come in one sign-in. Kept in the engine's interaction, on the server; a browser never holds it.
import type { Interaction } from './engine-interaction.ts';

export type SignInStage =
  | { readonly stage: 'start' }
  /** Signed in already, but wants to be somebody else. */
  | { readonly stage: 'another-account' }
  /** Wants to go on as the account that is signed in. */
  | { readonly stage: 'account-chosen' }
  /** Is somebody new. */
  | { readonly stage: 'sign-up' }
  /** Has signed up; the address is still to be proved. There is no account yet. */
  | { readonly stage: 'verify-email'; readonly registrationId: string }
  /** The password was right while an alarm stands, in a browser that the account does not know: a code is in the mail. */
  | ({ readonly stage: 'mailed-code'; readonly codeId: string } & PasswordProved)
  /** The password was right; the second factor is still to come. Nothing is signed in yet. */
  | ({ readonly stage: 'second-factor' } & PasswordProved)
  /** The password was right and there is no second factor yet. The secret is sealed. */
  | ({ readonly stage: 'enrol-totp'; readonly sealedSecret: string } & PasswordProved)
  /** Enrolled; the codes are shown until the person says that they are stored. */
  | ({ readonly stage: 'recovery-codes'; readonly sealedCodes: string } & PasswordProved)
  /** Every required factor has passed. */
  | ({ readonly stage: 'authenticated' } & Authenticated);

export interface PasswordProved {
  readonly accountId: string;
  /** Seconds since the epoch. */
  readonly passwordAt: number;
  /** Whether the person asked to be kept signed in. */
  readonly keep: boolean;
  /** By a code from a mail, in this sign-in: it is not asked for again. */
  readonly addressProved?: boolean | undefined;
}

export interface Authenticated {
  readonly accountId: string;
  /** When the oldest of the factors was proved, in seconds since the epoch: auth_time. */
  readonly at: number;
  /** Authentication context: `pwd` or `mfa`. */
  readonly acr: 'pwd' | 'mfa';
  /** Methods used (RFC 8176). */
  readonly amr: readonly string[];
  readonly keep: boolean;
  readonly addressProved?: boolean | undefined;
  /** No code is to be asked for on this device from now on. */
  readonly trustDevice?: boolean;
}

const KEY = 'gatehouse';

/** Only what was stored in this very interaction counts; the engine carries nothing of it into the next one. */
export const stageOf = (interaction: Interaction): SignInStage =>
  (interaction.result?.[KEY] as SignInStage | undefined) ?? { stage: 'start' };

export async function storeStage(interaction: Interaction, stage: SignInStage): Promise<void> {
  interaction.result = { [KEY]: stage };
  await interaction.persist();
}

/** The engine's own results of earlier prompts of the same request, without our stage. */
export function earlierResults(interaction: Interaction): Record<string, unknown> {
  const { [KEY]: _stage, ...results } = (interaction.lastSubmission ?? {}) as Record<string, unknown>;
  return results;
}
