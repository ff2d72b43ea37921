// What a command gets from the world around it. The process itself is one; tests bring their own.
import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/interpolation.ts';

export interface Terminal {
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  cwd(): string;
}

export interface Invocation {
  readonly terminal: Terminal;
  /** `--json`: the answer on stdout and a failure on stderr are one JSON value each, and nothing else is written. */
  readonly json: boolean;
}

/** What a command has to say when it is done. */
export interface Answer {
  /** For programs. */
  readonly result: unknown;
  /** For people; one or more lines without the last newline. */
  readonly text: string;
  /**
   * 1 when what was asked for is answered with no, as by `migrate --check`; 3 and 4 as `config plan --exit-code` says.
   * 2 is for command lines that were not understood.
   */
  readonly exitCode?: 0 | 1 | 3 | 4;
}

/** Whether there is a person to ask: questions are written to stderr, so that stdout stays the answer. */
export const isInteractive = ({ stdin, stderr }: Terminal): boolean => stdin.isTTY === true && stderr.isTTY === true;

/** A remark beside the answer; kept back with `--json`. */
export function remark({ terminal, json }: Invocation, line: string): void {
  if (!json) terminal.stderr.write(`${line}\n`);
}
