// A secret in a file that an environment variable names, as container platforms hand them out.
import { readFileSync } from 'node:fs';
import { whyUnreadable } from '../problem.ts';

export type SecretFile = { outcome: 'read'; text: string } | { outcome: 'refused'; message: string };

/** Without the line ends that editors leave behind it. */
export function readSecretFile(path: string): SecretFile {
  try {
    const text = readFileSync(path, 'utf8').replace(/(?:\r?\n)+$/, '');
    return text === '' ? { outcome: 'refused', message: `${path} is empty` } : { outcome: 'read', text };
  } catch (error) {
    return { outcome: 'refused', message: `${path} ${whyUnreadable(error)}` };
  }
}
