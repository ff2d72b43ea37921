// The password for an account: from stdin, typed twice, or made here.
import type { PasswordRules } from '../../accounts/password-rules.ts';
import { newSecretToken } from '../../crypto/secret-token.ts';
import { CommandFailed } from '../failure.ts';
import { askHidden, readStdin } from '../prompts.ts';
import { isInteractive, type Terminal } from '../terminal.ts';

export interface ObtainedPassword {
  readonly password: string;
  /** Made here, so the answer has to show it: nobody knows it yet. */
  readonly generated: boolean;
}

/** A password made here is as long as the rules say; what people choose is checked where it is stored. */
export async function obtainPassword(
  terminal: Terminal,
  { passwordStdin, rules }: { passwordStdin: boolean; rules: PasswordRules },
): Promise<ObtainedPassword> {
  if (passwordStdin) return { password: await readPassword(terminal), generated: false };
  if (!isInteractive(terminal)) return { password: generatePassword(rules), generated: true };
  const [password = '', again] = await askHidden(terminal, ['Password: ', 'The same again: ']);
  if (password !== again) throw new CommandFailed('invalid', 'The two passwords differ. Nothing was changed.');
  return { password, generated: false };
}

async function readPassword(terminal: Terminal): Promise<string> {
  const password = await readStdin(terminal);
  if (password === '') throw new CommandFailed('invalid', '--password-stdin: there was no password on stdin.');
  // A second line is a wrong file or a wrong pipe, not a password.
  if (/[\r\n]/.test(password)) throw new CommandFailed('invalid', '--password-stdin: expected one line on stdin.');
  return password;
}

/** Without letters and digits that are read for each other; 32 of them, so that no character is likelier than another. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUP_LENGTH = 5;
/** 125 bits. */
const FEWEST_GROUPS = 5;

function generatePassword({ minLength, maxLength }: PasswordRules): string {
  const groups = Math.max(FEWEST_GROUPS, Math.ceil((minLength + 1) / (GROUP_LENGTH + 1)));
  return Array.from({ length: groups }, newGroup).join('-').slice(0, maxLength);
}

const newGroup = (): string =>
  [...Buffer.from(newSecretToken(), 'base64url').subarray(0, GROUP_LENGTH)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join('');
