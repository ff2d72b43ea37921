// What tables of commands are made of.
import type { Answer, Invocation } from './terminal.ts';

/** Runs a command and keeps what it answers. */
export type Perform = (work: (invocation: Invocation) => Promise<Partial<Answer>>) => Promise<void>;

/** For options that may be given more than once. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

export const examples = (...lines: readonly string[]): string =>
  `\nExample${lines.length === 1 ? '' : 's'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
