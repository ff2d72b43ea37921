// A mailbox as mails name it: an address, with or without a name before it.

export interface Mailbox {
  /** Undefined: none was written. */
  readonly name: string | undefined;
  readonly address: string;
}

const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

export function parseMailbox(text: string): Mailbox | undefined {
  const [, name, inAngles] = /^([^<>]*)<([^<>]*)>$/.exec(text) ?? [];
  const address = inAngles ?? text;
  if (!ADDRESS.test(address) || CONTROL.test(text)) return undefined;
  const written = name?.trimEnd();
  return { name: written === '' ? undefined : written?.replace(/^"(.*)"$/, '$1'), address };
}

/** What would begin another header, or reorder what is shown. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

export const mailboxProblem = (text: string): string | undefined =>
  parseMailbox(text) === undefined
    ? 'expected an address such as no-reply@example.com, or Example <no-reply@example.com>'
    : undefined;
