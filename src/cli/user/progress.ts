// How far something long has got: one line that is written over at a terminal, else a line now and then.
import type { Invocation } from '../terminal.ts';

export interface Progress {
  show(done: number, line: string): void;
  /** Above the line, which stays the last one. */
  note(line: string): void;
  end(): void;
}

/** Rows. */
const NOW_AND_THEN = 10_000;
const ERASE_LINE = '\r\u001b[K';

/** Nothing of it with `--json`. */
export function createProgress({ terminal: { stderr }, json }: Invocation): Progress {
  if (json) return { show: () => undefined, note: () => undefined, end: () => undefined };
  const isTerminal = stderr.isTTY === true;
  let shown = '';
  let next = NOW_AND_THEN;
  return {
    show(done, line) {
      if (isTerminal) {
        shown = line;
        stderr.write(`${ERASE_LINE}${line}`);
      } else if (done >= next) {
        next = done - (done % NOW_AND_THEN) + NOW_AND_THEN;
        stderr.write(`${line}\n`);
      }
    },
    note(line) {
      stderr.write(isTerminal ? `${ERASE_LINE}${line}\n${shown}` : `${line}\n`);
    },
    end() {
      if (shown !== '') stderr.write(ERASE_LINE);
    },
  };
}
