// Asks the operator: passwords without an echo, questions with yes or no, or all of stdin.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandFailed } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** One answer per question. Ends with `cancelled` on Ctrl-C and Ctrl-D. */
export function askHidden({ stdin, stderr }: Terminal, questions: readonly string[]): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Without a history: the arrow keys must not bring the first password back into the second question.
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    const answers: string[] = [];
    const ask = () => stderr.write(questions[answers.length] ?? '');
    lines.on('line', (line) => {
      stderr.write('\n');
      if (answers.push(line) === questions.length) lines.close();
      else ask();
    });
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      if (answers.length === questions.length) resolve(answers);
      else reject(cancelled(stderr));
    });
    ask();
  });
}

/** True for y and yes. Ends with `cancelled` on Ctrl-C and Ctrl-D. */
export function confirm({ stdin, stderr }: Terminal, question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    let answer: string | undefined;
    lines.question(`${question} [y/N] `, (line) => {
      answer = line.trim().toLowerCase();
      lines.close();
    });
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      if (answer === undefined) reject(cancelled(stderr));
      else resolve(answer === 'y' || answer === 'yes');
    });
  });
}

/** Everything on stdin without the newline that `echo` and editors put at its end. */
export const readStdin = async ({ stdin }: Terminal): Promise<string> => (await text(stdin)).replace(/\r?\n$/, '');

function cancelled(stderr: Writable): CommandFailed {
  stderr.write('\n');
  return new CommandFailed('cancelled', 'Nothing was changed.');
}
