// The program itself as a process of its own: `serve`, until it says that it listens.
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');
/** Milliseconds. Longer than any request of a test. */
const PATIENCE_MS = 5000;

/** Of another release, when the folder of its checkout is given. */
export const spawnServer = (
  env: Readonly<Record<string, string | undefined>>,
  cwd?: string,
  release: string = ROOT,
): ChildProcess =>
  spawn(process.execPath, [path.join(release, 'src/main.ts'), 'serve'], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** @throws with its output when it ends before */
export function saysThatItListens(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('server.started')) resolve();
      });
    }
    child.once('exit', (code, signal) => reject(new Error(`a process ended (${code ?? signal}):\n${output}`)));
  });
}

/** One that does not heed SIGTERM is killed after a while. */
export async function ended(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const impatient = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await gone.finally(() => clearTimeout(impatient));
}
