// Identifiers that carry no meaning and cannot be guessed.
import { randomUUID } from 'node:crypto';

/** A random UUID (version 4): 122 random bits, never reused, tells nothing about when it was made. */
export const newId = (): string => randomUUID();
