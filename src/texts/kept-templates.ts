// What pug has made of templates, kept for the next start beside the modules that Node has compiled. Making it takes a
// hundred times as long as loading it, and the compiler's own code besides.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeptTemplates {
  /** Undefined where there is none, or one that was made of something else. */
  find(name: string): string | undefined;
  /** Where it cannot be kept, it is not. */
  keep(name: string, code: string): void;
}

/** For the one that keeps nothing. */
export const NONE_KEPT: KeptTemplates = { find: () => undefined, keep: () => undefined };

/**
 * One file a template, which says by a hash what it was made of and that it is whole. It is run like a module, so it is believed only
 * where nobody but this user can write, as Node believes what it has compiled. `madeOf`: everything that the code depends on; where that
 * cannot be told (it throws), nothing is kept.
 */
export function keptTemplates(directory: string | undefined, madeOf: () => string): KeptTemplates {
  if (directory === undefined || !isOursAlone(directory)) return NONE_KEPT;
  const folder = join(directory, 'templates');
  const fileOf = (name: string) => join(folder, `${name.replaceAll(/[^\w-]/g, '.')}.js`);
  let basis: string | undefined;
  const markOf = (name: string, code: string): string => {
    basis ??= createHash('sha256').update(madeOf()).digest('hex');
    return createHash('sha256')
      .update(JSON.stringify([basis, name, code]))
      .digest('hex');
  };
  return {
    find(name) {
      if (!isOursAlone(folder)) return undefined;
      try {
        const text = readFileSync(fileOf(name), 'utf8');
        const code = text.slice(text.indexOf('\n') + 1);
        return text === `${headOf(markOf(name, code))}${code}` ? code : undefined;
      } catch {
        return undefined;
      }
    },
    keep(name, code) {
      const file = fileOf(name);
      const fresh = `${file}.${process.pid}`;
      try {
        mkdirSync(folder, { mode: 0o700, recursive: true });
        if (!isOursAlone(folder)) return;
        // Another process may read at the same time.
        writeFileSync(fresh, `${headOf(markOf(name, code))}${code}`, { mode: 0o600, flag: 'wx' });
        renameSync(fresh, file);
      } catch {
        drop(fresh);
      }
    },
  };
}

const headOf = (mark: string): string => `// ${mark}\n`;

/** If it is there, and can be. */
function drop(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It will be in nobody's way: it has the number of this process.
  }
}

/** Not where users have no numbers (Windows). */
function isOursAlone(directory: string): boolean {
  try {
    const stats = lstatSync(directory);
    return stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & WRITABLE_BY_OTHERS) === 0;
  } catch {
    return false;
  }
}

const WRITABLE_BY_OTHERS = 0o022;
