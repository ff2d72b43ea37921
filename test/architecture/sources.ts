// The source files as the architecture tests read them.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '../..');

export interface SourceFile {
  /** From the top of the repository, with slashes: `src/accounts/accounts.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text without lines that are comments; line numbers stay. */
  readonly code: string;
}

export const sourceFile = (file: string, text: string): SourceFile => ({
  path: file,
  text,
  code: text.replaceAll(/^\s*(?:\/\/|\/\*|\*).*$/gm, ''),
});

/** Every .ts file below a folder of the repository. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return filesBelow(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => sourceFile(file, readFileSync(path.join(ROOT, file), 'utf8')));
}

export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .sort();

/** The folder under src/ that a file is in, or its own name where it is in none: `accounts`, `clock.ts`. */
export const roomOf = (file: string): string => file.replace(/^src\//, '').split('/')[0] ?? '';

export interface Import {
  /** As written: `../clock.ts`, `koa`, `node:path`. */
  readonly specifier: string;
  /** The file of the repository it means; undefined for packages. */
  readonly target: string | undefined;
}

const STATEMENT = /^(?:import|export)\s+(?:type\s+)?(?:[\w*{}\s,$]+\sfrom\s+)?['"]([^'"]+)['"]/gm;
const CALL = /\bimport\(\s*['"`]([^'"`]+)['"`]/g;
const WORKER = /\bnew URL\(\s*['"`]([^'"`]+\.ts)['"`],\s*import\.meta\.url/g;

/** Statements, calls of import(), and files that are started as a worker. Types count like everything else. */
export function importsOf({ path: file, code }: SourceFile): readonly Import[] {
  const found = [STATEMENT, CALL, WORKER].flatMap((pattern) => [...code.matchAll(pattern)]);
  return found.map(([, specifier = '']) => ({ specifier, target: targetOf(file, specifier) }));
}

const targetOf = (file: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : undefined;

/** `@koa/router/x` → `@koa/router`; undefined for files and for what Node brings. */
export function packageOf({ specifier }: Import): string | undefined {
  if (/^(?:\.|node:)/.test(specifier)) return undefined;
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
