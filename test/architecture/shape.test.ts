// How large things are: budgets that keep a file readable in one go. A budget is raised here, in review, or not at all.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, ROOT, type SourceFile, sourceFile, sourceFiles } from './sources.ts';

const FILE_LINES = 300;
/** Each with the reason why it is not two files. */
const LARGER_FILES: Readonly<Record<string, number>> = {
  // A table is written by one file, and this one has the most statements.
  'src/protocol-store/payloads.ts': 350,
};
const MEDIAN_FILE_LINES = 80;
const FUNCTION_LINES = 60;
const MEDIAN_FUNCTION_LINES = 10;
const README_LINES = 12;
const FOLDER_FILES = 20;
/** Each with the reason why it is not two folders. */
const LARGER_FOLDERS: Readonly<Record<string, number>> = {
  // The loading of the file, and the toolkit for checked YAML that clients/ uses too.
  'src/config': 24,
};
/** src/<room>/<file> or src/<room>/<part>/<file>. */
const DEPTH = 4;

const files = sourceFiles('src');

const lineCount = (text: string): number => text.trimEnd().split('\n').length;

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

interface Measured {
  readonly place: string;
  readonly lines: number;
}

const FUNCTION_START =
  /^(?:export )?(?:async )?function\b|=> [{(]$|=>$|^(?:static |async |get |set |\*)*#?\w+\(.*[{(]$|^(?:export )?const \w+ =$/;
const NOT_A_FUNCTION = /^(?:if|for|while|switch|return|await|else|super|expect)\b/;

/**
 * Functions and methods with their length. The formatter makes this simple: the lines between the first and the last
 * one of a statement are indented deeper, or close its brackets and open the next ones.
 */
function functionsOf({ path: file, code }: SourceFile): readonly Measured[] {
  const lines = code.split('\n');
  return lines.flatMap((line, index) => {
    const start = line.trimStart();
    if (!FUNCTION_START.test(start) || NOT_A_FUNCTION.test(start)) return [];
    const indent = ' '.repeat(line.length - start.length);
    let end = index + 1;
    while (end < lines.length && belongsTo(indent, lines[end] ?? '')) end += 1;
    return [{ place: `${file}:${index + 1}`, lines: end - index + 1 }];
  });
}

const belongsTo = (indent: string, line: string): boolean =>
  line === '' ||
  line.startsWith(`${indent} `) ||
  (/^[)\]}].*[{([]$|^[)\]}].*=>$/.test(line.slice(indent.length)) && line.startsWith(indent));

test(`a file has at most ${FILE_LINES} lines, most have fewer than ${MEDIAN_FILE_LINES}`, () => {
  const sizes = files.map((file) => ({ place: file.path, lines: lineCount(file.text) }));
  expect(sizes.filter(({ place, lines }) => lines > (LARGER_FILES[place] ?? FILE_LINES))).toEqual([]);
  expect(median(sizes.map(({ lines }) => lines))).toBeLessThan(MEDIAN_FILE_LINES);
});

test(`a function has at most ${FUNCTION_LINES} lines, most have ${MEDIAN_FUNCTION_LINES} or fewer`, () => {
  const functions = files.flatMap(functionsOf);
  expect(functions.length).toBeGreaterThan(files.length);
  expect(functions.filter(({ lines }) => lines > FUNCTION_LINES)).toEqual([]);
  expect(median(functions.map(({ lines }) => lines))).toBeLessThanOrEqual(MEDIAN_FUNCTION_LINES);
});

test('a function that is too long is found, however it is written', () => {
  const body = '  more();\n'.repeat(FUNCTION_LINES);
  const longest = (text: string) => Math.max(0, ...functionsOf(sourceFile('src/x.ts', text)).map(({ lines }) => lines));
  expect(longest(`function long(): void {\n${body}}\n`)).toBe(FUNCTION_LINES + 2);
  expect(longest(`export async function long(\n  deps: Deps,\n): Promise<void> {\n${body}}\n`)).toBe(
    FUNCTION_LINES + 4,
  );
  expect(
    longest(
      `export const long =\n  (deps: Deps): Handler =>\n  async (ctx) => {\n  ${body.replaceAll('\n', '\n  ')}};\n`,
    ),
  ).toBeGreaterThan(FUNCTION_LINES);
  expect(
    longest(`class Long {\n  async run(): Promise<void> {\n  ${body.replaceAll('\n', '\n  ')}}\n}\n`),
  ).toBeGreaterThan(FUNCTION_LINES);
  expect(longest('function short(): void {\n  one();\n}\n\nfunction other(): void {\n  two();\n}\n')).toBe(3);
});

test(`a folder has at most ${FOLDER_FILES} files, and lies at most one level below its room`, () => {
  const folders = Map.groupBy(files, (file) => path.posix.dirname(file.path));
  const tooLarge = [...folders].filter(([folder, inside]) => inside.length > (LARGER_FOLDERS[folder] ?? FOLDER_FILES));
  expect(tooLarge.map(([folder, inside]) => `${folder}: ${inside.length}`)).toEqual([]);
  expect(files.filter((file) => file.path.split('/').length > DEPTH).map((file) => file.path)).toEqual([]);
});

test('a file begins with the sentence that says what it is for', () => {
  expect(files.filter((file) => !/^\/\/ \S.{10,}/.test(file.text)).map((file) => file.path)).toEqual([]);
});

test(`a room has a README of at most ${README_LINES} lines under its own name`, () => {
  const rooms = readdirSync(path.join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const wrong = rooms.flatMap(({ name }) => {
    const readme = path.join(ROOT, 'src', name, 'README.md');
    if (!existsSync(readme)) return [`${name}: none`];
    const text = readFileSync(readme, 'utf8');
    if (lineCount(text) > README_LINES) return [`${name}: ${lineCount(text)} lines`];
    return text.startsWith(`# ${name}\n`) ? [] : [`${name}: another title`];
  });
  expect(wrong).toEqual([]);
});

test('no work is announced instead of done', () => {
  const notes = new RegExp(`\\b(?:${['TO', 'DO|FIX', 'ME|XX', 'X'].join('')})\\b`);
  const places = ['src', 'migrations', 'test', 'examples', 'views']
    .flatMap(filesBelow)
    .filter((file) => /\.(?:ts|pug|css|js|md)$/.test(file));
  expect(places.filter((file) => notes.test(readFileSync(path.join(ROOT, file), 'utf8')))).toEqual([]);
});
