// Puts client files where they belong, as a whole or not at all: a running server may be watching.
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { newId } from '../../crypto/identifiers.ts';

/** Never overwrites. Makes the directory if there is none. */
export function createFile(path: string, text: string): 'created' | 'exists' {
  mkdirSync(dirname(path), { recursive: true });
  return withDraft(path, text, (draft) => {
    try {
      linkSync(draft, path);
      return 'created';
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return 'exists';
      throw error;
    }
  });
}

/** Keeps mode and owner, and a symbolic link that leads to it. */
export function replaceFile(path: string, text: string): void {
  const target = realpathSync(path);
  const { mode, uid, gid } = statSync(target);
  withDraft(target, text, (draft) => {
    chmodSync(draft, mode & 0o7777);
    if (process.getuid?.() === 0) chownSync(draft, uid, gid);
    renameSync(draft, target);
  });
}

/** Names with a dot in front are no client files. */
function withDraft<T>(path: string, text: string, put: (draft: string) => T): T {
  const draft = join(dirname(path), `.${basename(path)}.${newId()}`);
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    return put(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}
