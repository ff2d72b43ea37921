// Tells when something in a directory has changed, as far as the file system says so.
import { type FSWatcher, statSync, watch } from 'node:fs';

export interface DirectoryWatch {
  /** Looks for directories that have appeared or were put in place of others. */
  rearm(): void;
  close(): void;
}

/** Milliseconds. Editors, git and Kubernetes change several names for one change. */
const QUIET_MS = 50;

interface Armed {
  readonly watcher: FSWatcher;
  /** Device and inode: a directory that was replaced is another one under the same name. */
  readonly identity: string;
}

/**
 * Directories, not files: what replaces a file (an editor's rename, Kubernetes' swap of `..data`) is an event of the
 * directory only. `onChange` is called once it is quiet; it has to look for itself what there is.
 */
export function watchDirectories(
  directories: readonly string[],
  { onChange, onFailure }: { onChange: () => void; onFailure: (directory: string, error: unknown) => void },
): DirectoryWatch {
  const armed = new Map<string, Armed>();
  let timer: NodeJS.Timeout | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET_MS);
  };
  const disarm = (directory: string) => {
    armed.get(directory)?.watcher.close();
    armed.delete(directory);
  };
  const rearm = () => {
    for (const directory of directories) {
      const identity = identityOf(directory);
      if (armed.get(directory)?.identity === identity) continue;
      disarm(directory);
      if (identity === undefined) continue;
      try {
        const watcher = watch(directory, { persistent: false }, changed).on('error', () => disarm(directory));
        armed.set(directory, { watcher, identity });
        changed();
      } catch (error) {
        onFailure(directory, error);
      }
    }
  };
  rearm();
  return {
    rearm,
    close() {
      clearTimeout(timer);
      for (const directory of [...armed.keys()]) disarm(directory);
    },
  };
}

function identityOf(directory: string): string | undefined {
  try {
    const { dev, ino } = statSync(directory, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
