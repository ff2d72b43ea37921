// Secrets we hand out: the value goes to the person or program, only its hash is stored.
import { createHash, randomBytes } from 'node:crypto';

export const SECRET_TOKEN_BYTES = 32;

/** 256 random bits, base64url, 43 characters. */
export const newSecretToken = (): string => randomBytes(SECRET_TOKEN_BYTES).toString('base64url');

/** SHA-256, base64url. Right for secrets of 128 bits and more; what people choose goes through argon2. */
export const hashSecretToken = (token: string): string => createHash('sha256').update(token).digest('base64url');
