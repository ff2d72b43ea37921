// What the engine, and through it the app, is told about how a person has proved who they are.
import type { PasswordProved, SignInStage } from './sign-in-stage.ts';

export type ProvedBy = 'password' | 'totp' | 'recovery_code';

/** amr values are those of RFC 8176; a recovery code is a second factor, but no one-time password of RFC 6238. */
const METHODS = {
  password: { acr: 'pwd', amr: ['pwd'] },
  totp: { acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] },
  recovery_code: { acr: 'mfa', amr: ['pwd', 'mfa'] },
} as const;

/** The time of the password counts: with it, no factor is older than auth_time says. */
export const authenticatedWith = (
  provedBy: ProvedBy,
  { accountId, passwordAt, keep, addressProved }: PasswordProved,
): Extract<SignInStage, { stage: 'authenticated' }> => ({
  stage: 'authenticated',
  accountId,
  at: passwordAt,
  keep,
  addressProved,
  ...METHODS[provedBy],
});
