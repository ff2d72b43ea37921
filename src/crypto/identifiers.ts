// Identifiers that carry no meaning and cannot be guessed; and those of accounts that came from elsewhere.
import { randomUUID } from 'node:crypto';

/** A random UUID (version 4): 122 random bits, never reused, tells nothing about when it was made. */
export const newId = (): string => randomUUID();

/** Whether it looks like one of ours. */
export const isGeneratedId = (id: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);

/**
 * What the id of an account can be: ours, or the `sub` that another system gave it, of up to 255 ASCII characters (OpenID
 * Connect Core section 2). A letter or digit comes first; no blank, no slash, nothing that an address or a database would
 * read as something else.
 */
export const isAccountId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._~:@|=-]{0,254}$/.test(id);
