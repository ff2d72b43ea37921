// A problem in the configuration: where it is, and what was expected there.
import { isAbsolute, relative } from 'node:path';

/** What `file` says when the problem is in an environment variable; `path` is then the variable's name. */
export const ENVIRONMENT = 'environment';

export interface Place {
  /** Relative to the working directory when inside it, else absolute. */
  readonly file: string;
  /** Counts from 1; undefined when the problem is in no line (environment, missing file). */
  readonly line: number | undefined;
  /** Dotted, for example `server.port` or `redirect_uris[0]`; empty when it concerns the whole file. */
  readonly path: string;
}

export interface Problem extends Place {
  /** Never contains a secret. */
  readonly message: string;
}

/** Thrown once, with every problem of every file. Its message is the list, ready to print. */
export class ConfigurationInvalid extends Error {
  override readonly name = 'ConfigurationInvalid';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = inReadingOrder(problems);
    super(
      `The configuration has ${sorted.length} problem${sorted.length === 1 ? '' : 's'}:\n${formatProblems(sorted)}`,
    );
    this.problems = sorted;
  }
}

/** One line each: `  config/gatehouse.yaml:4  server.prot: unknown key; did you mean "port"?` */
export const formatProblems = (problems: readonly Problem[]): string =>
  problemLines(problems)
    .map((line) => `  ${line}`)
    .join('\n');

export const problemLines = (problems: readonly Problem[]): readonly string[] =>
  inReadingOrder(problems).map(({ file, line, path, message }) => {
    const place = line === undefined ? file : `${file}:${line}`;
    return `${place}  ${path === '' ? '' : `${path}: `}${message}`;
  });

/** The environment first, then file by file, top to bottom. */
function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  const rank = (problem: Problem) => (problem.file === ENVIRONMENT ? 0 : 1);
  return [...problems].sort(
    (a, b) => rank(a) - rank(b) || (a.file < b.file ? -1 : a.file > b.file ? 1 : (a.line ?? 0) - (b.line ?? 0)),
  );
}

export type Path = readonly (string | number)[];

/** `['resources', 'https://api.example', 'scopes', 0]` → `resources["https://api.example"].scopes[0]` */
export const dotted = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');

/** The file as an operator names it: relative to where the server was started, if it lies there. */
export function shownFile(cwd: string, absolute: string): string {
  const path = relative(cwd, absolute);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? absolute : path;
}

/** Why a file could not be read, in words. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'EISDIR') return 'is a directory, expected a file';
  if (code === 'ENOTDIR') return 'is not a directory';
  return `cannot be read${code === '' ? '' : ` (${code})`}`;
}
