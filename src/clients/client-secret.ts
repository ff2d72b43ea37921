// Client secrets: made with 256 random bits, stored as SHA-256, compared in constant time.
import { createHash } from 'node:crypto';
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { newSecretToken } from '../crypto/secret-token.ts';
import type { Client } from './client.ts';

/** Lets secret scanners find one that was committed by mistake. */
const SECRET_PREFIX = 'ghs_';
/** Without the checksum. */
const SECRET_LENGTH = 47;
const HASH_PREFIX = '$gatehouse-sha256$v1$';
const HASH_BYTES = 32;

/** `ghs_`, 43 characters of base64url (256 random bits), `_`, and 6 characters of checksum. */
export const generateClientSecret = (): string => withChecksum(`${SECRET_PREFIX}${newSecretToken()}`);

/** True only for a complete secret of ours: a chance of 1 in 2^36 for anything else of its length. */
export function looksLikeOurSecret(text: string): boolean {
  const secret = text.slice(0, SECRET_LENGTH);
  return /^ghs_[A-Za-z0-9_-]{43}$/.test(secret) && text === withChecksum(secret);
}

/** It begins like a secret of ours but is not a whole one. The first ones had no checksum; those are whole. */
export const isBrokenSecret = (text: string): boolean =>
  text.startsWith(SECRET_PREFIX) && text.length !== SECRET_LENGTH && !looksLikeOurSecret(text);

/** Of what stands before it; whoever knows a part of the secret learns nothing more from it. */
const withChecksum = (secret: string): string => `${secret}_${sha256(secret).toString('base64url').slice(0, 6)}`;

/** `$gatehouse-sha256$v1$<base64url>`, as a client file states it. Only right for secrets nobody can guess. */
export const hashClientSecret = (secret: string): string => `${HASH_PREFIX}${sha256(secret).toString('base64url')}`;

export const sha256 = (secret: string): Buffer => createHash('sha256').update(secret, 'utf8').digest();

/** The 32 bytes of a stated hash; undefined when it is not one. */
export function parseClientSecretHash(text: string): Buffer | undefined {
  const encoded = text.startsWith(HASH_PREFIX) ? text.slice(HASH_PREFIX.length) : '';
  const hash = Buffer.from(encoded, 'base64url');
  return hash.length === HASH_BYTES && hash.toString('base64url') === encoded ? hash : undefined;
}

/** An expired secret matches no more. Every secret is compared, whichever fits: the time tells nothing. */
export function clientSecretMatches(client: Pick<Client, 'secrets'>, presented: string, now: Date): boolean {
  const hash = sha256(presented);
  return client.secrets.reduce((matches, { sha256: stored, expires }) => {
    const isEqual = equalInConstantTime(stored, hash);
    return (isEqual && (expires === undefined || now < expires)) || matches;
  }, false);
}

/** When the secret that was presented ended, if it is one of the client's that has expired. */
export function expiredSecretOf(client: Pick<Client, 'secrets'>, presented: string, now: Date): Date | undefined {
  const hash = sha256(presented);
  const expired = client.secrets.find(
    ({ sha256: stored, expires }) => equalInConstantTime(stored, hash) && expires !== undefined && expires <= now,
  );
  return expired?.expires;
}
