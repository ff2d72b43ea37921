// Templates in pug: all of a folder read at once, each compiled when it is first shown. A server that shows no page needs
// no compiler, and a hundred compiled templates take more memory than everything else that waits for requests.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Pug from 'pug';

export type Template = (locals: Readonly<Record<string, unknown>>) => string;

export interface Templates {
  /** Without extension: `errors/refused`. */
  readonly names: readonly string[];
  /** Compiled once; undefined where there is none of this name. @throws Error that names one that does not compile */
  get(name: string): Template | undefined;
}

const EXTENSION = '.pug';
const requireLater = createRequire(import.meta.url);

/** With the pictures that they take in. Reads nothing after this: what is on disk later changes no page. `folder` is absolute; what begins with `/` in a template is below it. */
export function templatesIn(folder: string): Templates {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = all.filter((file) => file.endsWith(EXTENSION));
  const taken = [...files, ...all.filter((file) => file.endsWith('.svg'))];
  const texts = new Map(taken.map((file) => [join(folder, file), readFileSync(join(folder, file), 'utf8')]));
  const byName = new Map(files.map((file) => [nameOf(file), join(folder, file)]));
  const compiled = new Map<string, Template>();
  return {
    names: [...byName.keys()],
    get(name) {
      const file = byName.get(name);
      if (file === undefined) return undefined;
      const template = compiled.get(name) ?? compile(file, { folder, texts });
      compiled.set(name, template);
      return template;
    },
  };
}

const nameOf = (file: string): string => file.replaceAll('\\', '/').slice(0, -EXTENSION.length);

interface Read {
  readonly folder: string;
  /** By absolute path. */
  readonly texts: ReadonlyMap<string, string>;
}

function compile(file: string, { folder, texts }: Read): Template {
  const read = (path: string): string => {
    const text = texts.get(path);
    if (text === undefined) throw new Error(`${path} was not there when the server started`);
    return text;
  };
  const { compile: compileText } = requireLater('pug') as typeof Pug;
  const options = { filename: file, basedir: folder, doctype: 'html', compileDebug: false, plugins: [{ read }] };
  try {
    return compileText(read(file), options);
  } catch (cause) {
    throw new Error(`the view ${file.slice(folder.length + 1)} does not compile`, { cause });
  }
}
