// Reads one YAML file: one document, no duplicate keys, no tags, every value with its line.
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { Environment } from './interpolation.ts';
import { dotted, type Path, type Problem, shownFile, whyUnreadable } from './problem.ts';
import { pathKey, readValues } from './yaml-values.ts';

export interface YamlDocument {
  /** As problems show it. */
  readonly file: string;
  readonly value: unknown;
  /** The line of a key or list entry; of the nearest one around it when there is none. Counts from 1. */
  readonly lineOf: (path: Path) => number;
  /** True for an unquoted scalar that a variable was put into. */
  readonly isInterpolated: (path: Path) => boolean;
  /** True where a problem was found already, so that nobody complains twice. */
  readonly isUnreadable: (path: Path) => boolean;
  /** The top-level keys such places are under. */
  readonly unreadableKeys: ReadonlySet<string>;
}

export interface ReadYaml {
  /** Undefined when the file cannot be parsed. */
  readonly document: YamlDocument | undefined;
  readonly problems: readonly Problem[];
}

const MOST_BYTES = 1024 * 1024;

export function readYamlFile({ env, cwd }: { env: Environment; cwd: string }, path: string): ReadYaml {
  const file = shownFile(cwd, path);
  const failed = (message: string) => ({
    document: undefined,
    problems: [{ file, line: undefined, path: '', message }],
  });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return failed(whyUnreadable(error));
  }
  if (bytes.length > MOST_BYTES) return failed('is larger than 1 MiB');
  try {
    return parseYaml(env, file, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) return failed('is not valid UTF-8');
    throw error;
  }
}

/** An empty text is an empty mapping: a file where everything is commented out is a valid one. */
export function parseYaml(env: Environment, file: string, text: string): ReadYaml {
  const lineCounter = new LineCounter();
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  const parsed = parseDocument(text, {
    lineCounter,
    version: '1.2',
    schema: 'core',
    merge: false,
    // readValues finds them, and then goes on to find the rest.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const faults = [...parsed.errors, ...parsed.warnings];
  if (faults.length > 0) {
    const problems = faults.map(({ code, message, pos }) => ({
      file,
      line: lineAt(pos[0]),
      path: '',
      message: FAULTS[code] ?? withoutQuoting(message),
    }));
    return { document: undefined, problems };
  }
  const { value, lines, interpolated, findings } = readValues(env, parsed, lineAt);
  const unreadable = new Set(findings.map(({ path }) => pathKey(path)));
  const document: YamlDocument = {
    file,
    value: parsed.contents === null ? {} : value,
    lineOf: (path) => nearestLine(lines, path),
    isInterpolated: (path) => interpolated.has(pathKey(path)),
    isUnreadable: (path) => unreadable.has(pathKey(path)),
    unreadableKeys: new Set(findings.flatMap(({ path }) => path.slice(0, 1).map(String))),
  };
  const problems = findings.map(({ path, line, message }) => ({ file, line, path: dotted(path), message }));
  return { document, problems };
}

const FAULTS: Readonly<Partial<Record<string, string>>> = {
  MULTIPLE_DOCS: 'a second document begins here; expected one document a file',
  TAG_RESOLVE_FAILED: 'tags (words with a leading !) are not supported',
};

/** After a colon the parser repeats what stands there: it may be a secret that nobody has put in quotes. */
const withoutQuoting = (message: string): string => message.replace(/: .*$/su, '');

function nearestLine(lines: ReadonlyMap<string, number>, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(pathKey(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}
