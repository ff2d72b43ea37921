// What tables of commands are made of.
import { InvalidArgumentError } from 'commander';
import type { Answer, Invocation } from './terminal.ts';

/** Runs a command and keeps what it answers. */
export type Perform = (work: (invocation: Invocation) => Promise<Partial<Answer>>) => Promise<void>;

/** For options that may be given more than once. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

export const examples = (...lines: readonly string[]): string =>
  `\nExample${lines.length === 1 ? '' : 's'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;

/** How an account is named. */
export const WHO = 'e-mail address, username or id';

/** More would be read into memory at once. */
const LARGEST_LIMIT = 100_000;

export function wholeNumber(text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= LARGEST_LIMIT) return number;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${LARGEST_LIMIT}.`);
}

const MOST_WORKERS = 64;

/** 0 for "auto". */
export function workerCount(text: string): number {
  if (text === 'auto') return 0;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MOST_WORKERS) return number;
  throw new InvalidArgumentError(`Expected "auto" or a whole number from 1 to ${MOST_WORKERS}.`);
}
