// An operator at a command line: the commands in this process, or the program itself as one of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runCommandLine } from '../../src/cli/run.ts';
import type { Environment } from '../../src/config/interpolation.ts';
import { configFiles } from '../support/config-files.ts';

export interface Place {
  readonly cwd: string;
  readonly env: Environment;
}

/** A working directory with these files, in development, on this data directory. */
export const developmentPlace = (dataDir: string, files: Readonly<Record<string, string>> = {}): Place => ({
  ...configFiles(files),
  env: { GATEHOUSE_MODE: 'development', GATEHOUSE_DATA_DIR: dataDir, GATEHOUSE_LOG_LEVEL: 'silent' },
});

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Input {
  /** What comes on stdin; nothing unless stated. */
  readonly stdin?: string;
  /** What somebody types who sits at a terminal. */
  readonly typed?: string;
}

export async function gatehouse({ cwd, env }: Place, words: readonly string[], input: Input = {}): Promise<Outcome> {
  const stdout = collector();
  const stderr = collector();
  const atTerminal = input.typed !== undefined;
  const exitCode = await runCommandLine(words, {
    env,
    cwd: () => cwd,
    stdin: atTerminal ? keyboard(input.typed) : Readable.from(input.stdin === undefined ? [] : [input.stdin]),
    stdout: stdout.stream,
    stderr: Object.assign(stderr.stream, { isTTY: atTerminal }),
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** The answer of a command that has to succeed, with `--json`. */
export async function answerOf(
  place: Place,
  words: readonly string[],
  input: Input = {},
): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await gatehouse(place, [...words, '--json'], input);
  if (exitCode !== 0 || stderr !== '') throw new Error(`gatehouse ${words.join(' ')}: ${exitCode} ${stderr}`);
  return JSON.parse(stdout);
}

/** The failure of a command that has to fail, with `--json`. */
export async function failureOf(
  place: Place,
  words: readonly string[],
  input: Input = {},
): Promise<{ exitCode: number; code: string; message: string }> {
  const { exitCode, stdout, stderr } = await gatehouse(place, [...words, '--json'], input);
  if (exitCode === 0 || stdout !== '') throw new Error(`gatehouse ${words.join(' ')}: ${exitCode} ${stdout}`);
  const { error } = JSON.parse(stderr);
  return { exitCode, code: error.code, message: error.message };
}

function keyboard(typed: string): PassThrough & { isTTY: boolean } {
  const keys = Object.assign(new PassThrough(), { isTTY: true });
  keys.write(typed);
  return keys;
}

function collector(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

export interface Program {
  readonly child: ChildProcess;
  /** Everything written so far. */
  output(): string;
  /** What of it is no remark: the log, the answer. */
  stdout(): string;
  /** Resolves when the output has a match, rejects when the program ends without one. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** 0 to 255, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export const MAIN = path.join(import.meta.dirname, '../../src/main.ts');

/** The program as a process, killed with the test if it still runs then. */
export function startProgram({ cwd, env }: Place, words: readonly string[]): Program {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let stdout = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (stream === child.stdout) stdout += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const shows = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output);
        if (match === null) return;
        listeners.delete(look);
        resolve(match);
      };
      listeners.add(look);
      void ended.then((how) => reject(new Error(`ended (${how}) without ${pattern}:\n${output}`)));
      look();
    });
  return { child, output: () => output, stdout: () => stdout, shows, ended };
}
