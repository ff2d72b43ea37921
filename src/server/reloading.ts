// Keeps the clients in step with their files: directory events, a look every ten seconds, and whenever it is asked.
import { logosDir } from '../clients/live/file-digests.ts';
import { createReload, type ReloadDeps } from '../clients/live/reload.ts';
import { watchDirectories } from '../clients/live/watch-directories.ts';
import type { Surroundings } from '../config/load.ts';

export interface FilesOptions extends Surroundings {
  /** Off: only the look at intervals finds changes, as on network file systems. */
  readonly events?: boolean;
  /** Milliseconds between two looks. */
  readonly intervalMs?: number;
}

export interface Reloading {
  /** Looks now, whether or not a file seems to have changed, and says in the log what it found. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

const INTERVAL_MS = 10_000;

/** Resolves when it has looked once: starting took a while, in which files may have changed. */
export async function startReloading(
  deps: ReloadDeps,
  { events = true, intervalMs = INTERVAL_MS, ...surroundings }: FilesOptions,
): Promise<Reloading> {
  const { configDir, clientsDir } = deps.config.paths;
  const { check, idle } = createReload(deps, surroundings);
  const directories = events ? [configDir, clientsDir, logosDir(configDir)] : [];
  let told = false;
  const watch = watchDirectories(directories, {
    onChange: () => void lookAgain(),
    onFailure: (directory, err) => {
      if (!told) deps.log.warn({ event: 'clients.watch_unavailable', directory, err }, EVERY_TEN_SECONDS);
      told = true;
    },
  });
  const lookAgain = async () => {
    watch.rearm();
    await check();
  };
  const timer = setInterval(() => void lookAgain(), intervalMs);
  timer.unref();
  await check();
  return {
    reload: () => check({ asked: true }),
    async stop() {
      watch.close();
      clearInterval(timer);
      await idle();
    },
  };
}

const EVERY_TEN_SECONDS = 'Changed client files are found by looking every ten seconds.';
