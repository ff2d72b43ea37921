// Templates in pug: all of a folder read at once, each compiled when it is first shown, unless an earlier start has kept what
// came of that. A server that shows no page needs no compiler, and a hundred compiled templates take more memory than
// everything else that waits for requests.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, getCompileCacheDir } from 'node:module';
import { join, relative } from 'node:path';
import type Pug from 'pug';
import { ROOT } from '../package.ts';
import { type KeptTemplates, keptTemplates } from './kept-templates.ts';

export type Template = (locals: Readonly<Record<string, unknown>>) => string;

export interface Templates {
  /** Without extension: `errors/refused`. */
  readonly names: readonly string[];
  /** Compiled once; undefined where there is none of this name. @throws Error that names one that does not compile */
  get(name: string): Template | undefined;
  /** Loads those of these that need no compiling, so that nobody waits for them later. */
  prepare(names: readonly string[]): void;
}

const EXTENSION = '.pug';
const requireLater = createRequire(import.meta.url);

/**
 * With the pictures that they take in. Reads none of them after this: what is on disk later changes no page. `folder` is absolute; what
 * begins with `/` in a template is below it. `keptIn`: where Node keeps what it has compiled, unless stated.
 */
export function templatesIn(
  folder: string,
  { keptIn = getCompileCacheDir() }: { keptIn?: string | undefined } = {},
): Templates {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = all.filter((file) => file.endsWith(EXTENSION));
  const taken = [...files, ...all.filter((file) => file.endsWith('.svg'))];
  const texts = new Map(taken.map((file) => [join(folder, file), readFileSync(join(folder, file), 'utf8')]));
  const byName = new Map(files.map((file) => [nameOf(file), join(folder, file)]));
  const kept = keptTemplates(keptIn, () => basisOf({ folder, texts }));
  const compiled = new Map<string, Template>();
  return {
    names: [...byName.keys()],
    get(name) {
      const file = byName.get(name);
      if (file === undefined) return undefined;
      const template = compiled.get(name) ?? load(file, { folder, texts, kept });
      compiled.set(name, template);
      return template;
    },
    prepare(names) {
      for (const name of names) {
        const code = kept.find(`${name}${EXTENSION}`);
        if (code !== undefined) compiled.set(name, withRuntime(code));
      }
    },
  };
}

const nameOf = (file: string): string => file.replaceAll('\\', '/').slice(0, -EXTENSION.length);

interface Read {
  readonly folder: string;
  /** By absolute path. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Given `pug`'s own runtime, which is all that it needs besides what it shows. */
function load(file: string, { kept, ...read }: Read & { readonly kept: KeptTemplates }): Template {
  const name = `${nameOf(relative(read.folder, file))}${EXTENSION}`;
  let code = kept.find(name);
  if (code === undefined) {
    code = compile(file, read);
    kept.keep(name, code);
  }
  return withRuntime(code);
}

function withRuntime(code: string): Template {
  const ofPug = createRequire(requireLater.resolve('pug'));
  const wrap = ofPug('pug-runtime/wrap') as (code: string) => Template;
  return wrap(code);
}

const OPTIONS = { doctype: 'html', compileDebug: false, inlineRuntimeFunctions: false } as const;

function compile(file: string, { folder, texts }: Read): string {
  const read = (path: string): string => {
    const text = texts.get(path);
    if (text === undefined) throw new Error(`${path} was not there when the server started`);
    return text;
  };
  const { compileClient } = requireLater('pug') as typeof Pug;
  const options = { ...OPTIONS, filename: file, basedir: folder, plugins: [{ read }] };
  try {
    return compileClient(read(file), options);
  } catch (cause) {
    throw new Error(`the view ${file.slice(folder.length + 1)} does not compile`, { cause });
  }
}

/** All that decides what comes of compiling: every text (templates take in others), how, and by which compiler. */
function basisOf({ folder, texts }: Read): string {
  const locked = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const all = [...texts].map(([path, text]) => [relative(folder, path), text]);
  return JSON.stringify([OPTIONS, process.version, locked, all]);
}
