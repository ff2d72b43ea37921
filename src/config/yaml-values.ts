// Turns a parsed YAML document into plain values, and remembers in which line each of them stands.
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { type Environment, interpolate } from './interpolation.ts';
import type { Path } from './problem.ts';

export interface Finding {
  readonly path: Path;
  readonly line: number;
  readonly message: string;
}

export interface YamlValues {
  readonly value: unknown;
  /** By `pathKey`. */
  readonly lines: ReadonlyMap<string, number>;
  /** Unquoted scalars that a variable was put into: text that may stand for a number or a boolean. */
  readonly interpolated: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

export const pathKey = (path: Path): string => JSON.stringify(path);

/** Aliases can multiply: a few lines may stand for millions of values. */
const MOST_VALUES = 20_000;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

interface Reading {
  readonly document: Document;
  readonly env: Environment;
  readonly lineAt: (offset: number) => number;
  readonly lines: Map<string, number>;
  readonly interpolated: Set<string>;
  readonly findings: Finding[];
  /** Nodes being read, outermost first: an alias to one of them would never end. */
  readonly open: unknown[];
  count: number;
}

export function readValues(env: Environment, document: Document, lineAt: (offset: number) => number): YamlValues {
  const reading: Reading = {
    document,
    env,
    lineAt,
    lines: new Map(),
    interpolated: new Set(),
    findings: [],
    open: [],
    count: 0,
  };
  const value = readNode(reading, document.contents, []);
  return { value, lines: reading.lines, interpolated: reading.interpolated, findings: reading.findings };
}

function readNode(reading: Reading, node: unknown, path: Path): unknown {
  reading.count += 1;
  if (reading.count > MOST_VALUES) {
    if (reading.count === MOST_VALUES + 1) find(reading, [], `stands for more than ${MOST_VALUES} values`);
    return undefined;
  }
  if (isAlias(node)) return readAlias(reading, node, path);
  if (isScalar(node)) return readScalar(reading, node, path);
  if (!isMap(node) && !isSeq(node)) return null;
  reading.open.push(node);
  const value = isMap(node) ? readMap(reading, node, path) : readSeq(reading, node, path);
  reading.open.pop();
  return value;
}

function readAlias(reading: Reading, alias: { source: string; resolve(document: Document): unknown }, path: Path) {
  const target = alias.resolve(reading.document);
  if (target !== undefined && !reading.open.includes(target)) return readNode(reading, target, path);
  // What stands there may be a secret that nobody has put in quotes.
  find(reading, path, target === undefined ? NO_ANCHOR : `*${alias.source} is endless`);
  return undefined;
}

const NO_ANCHOR = 'text that begins with * has to be in quotes (as an alias it has no anchor before it)';

function readScalar(reading: Reading, scalar: Scalar, path: Path): unknown {
  if (typeof scalar.value !== 'string') return scalar.value;
  const result = interpolate(reading.env, scalar.value);
  if (result.outcome === 'unresolved') {
    for (const message of result.messages) find(reading, path, message);
    return scalar.value;
  }
  if (result.changed && scalar.type === 'PLAIN') reading.interpolated.add(pathKey(path));
  return result.text;
}

function readSeq(reading: Reading, seq: YAMLSeq, path: Path): unknown[] {
  return seq.items.map((item, index) => {
    const itemPath = [...path, index];
    remember(reading, itemPath, item);
    return readNode(reading, item, itemPath);
  });
}

function readMap(reading: Reading, map: YAMLMap, path: Path): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : undefined;
    const keyPath = [...path, name ?? '?'];
    const isTwice = name !== undefined && Object.hasOwn(result, name);
    if (!isTwice) remember(reading, keyPath, key);
    if (name === undefined) find(reading, keyPath, 'expected a simple key');
    else if (FORBIDDEN_KEYS.has(name)) find(reading, keyPath, 'unknown key');
    else if (isTwice) find(reading, keyPath, `is stated twice, first in line ${lineOf(reading, keyPath)}`, key);
    else result[name] = readNode(reading, value, keyPath);
  }
  return result;
}

function remember(reading: Reading, path: Path, node: unknown): void {
  const line = ownLine(reading, node);
  if (line !== undefined) reading.lines.set(pathKey(path), line);
}

/** In the line of `node` if given, else where the value at this path stands. */
function find(reading: Reading, path: Path, message: string, node?: unknown): void {
  reading.findings.push({ path, line: ownLine(reading, node) ?? lineOf(reading, path), message });
}

const lineOf = (reading: Reading, path: Path): number => reading.lines.get(pathKey(path)) ?? 1;

function ownLine({ lineAt }: Reading, node: unknown): number | undefined {
  const offset = isNode(node) ? node.range?.[0] : undefined;
  return offset === undefined ? undefined : lineAt(offset);
}

/** Reads `a.b` out of nested values; undefined when a part is missing. */
export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part) ? Reflect.get(inner, part) : undefined,
    value,
  );
