// A secret in a file that an environment variable names, as container platforms hand them out.
import { readFileSync } from 'node:fs';
import { whyUnreadable } from '../problem.ts';

export type SecretFile = { outcome: 'read'; text: string } | { outcome: 'refused'; message: string };

export function readSecretFile(path: string): SecretFile {
  try {
    const text = withoutLineEnds(readFileSync(path, 'utf8'));
    return text === '' ? { outcome: 'refused', message: `${path} is empty` } : { outcome: 'read', text };
  } catch (error) {
    return { outcome: 'refused', message: `${path} ${whyUnreadable(error)}` };
  }
}

/** Editors leave them behind a secret. */
export function withoutLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  return text.slice(0, end);
}
