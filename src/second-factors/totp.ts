// Time-based one-time passwords (RFC 6238), without any state: SHA-1, 6 digits, 30 seconds, as every app reads them.
import { generateSecret, generateURI, verifySync } from 'otplib';
import { epochSeconds } from '../clock.ts';

const STEP_SECONDS = 30;
const SECRET_BYTES = 20;
const SETTINGS = { algorithm: 'sha1', digits: 6, period: STEP_SECONDS } as const;
/** 20 bytes in base32 (RFC 4648 section 6), without padding. */
const SECRET = /^[A-Z2-7]{32}$/;

/** 160 random bits, base32, 32 characters. */
export const newTotpSecret = (): string => generateSecret({ length: SECRET_BYTES });

/** otpauth://totp/…; a colon would end the issuer in the label, so it becomes a blank. */
export const totpUri = ({ issuerName, label, secret }: { issuerName: string; label: string; secret: string }): string =>
  generateURI({ issuer: issuerName.replaceAll(':', ' '), label, secret, ...SETTINGS });

/** Six digits out of what was typed, blanks and dashes aside; undefined when it is no TOTP code. */
export function totpCodeFrom(typed: string): string | undefined {
  if (typed.length > 64) return undefined;
  const code = typed.normalize('NFKC').replace(/[\s\p{Pd}]/gu, '');
  return /^[0-9]{6}$/.test(code) ? code : undefined;
}

/**
 * The time step (RFC 6238 T) the code belongs to, at most one step away from now; undefined when it is wrong.
 * `code` comes from `totpCodeFrom`. Whether the step was used before is for the caller to find out.
 */
export function matchTotp(secret: string, code: string, now: Date): number | undefined {
  if (!SECRET.test(secret)) return undefined;
  const result = verifySync({
    ...SETTINGS,
    strategy: 'totp',
    secret,
    token: code,
    epoch: epochSeconds(now),
    epochTolerance: STEP_SECONDS,
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}

/** The last step that `matchTotp` accepts a code of at that time. */
export const lastStepAt = (now: Date): number => Math.floor(epochSeconds(now) / STEP_SECONDS) + 1;
