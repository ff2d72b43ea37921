// SIGHUP: the client files are read again, now.
import { isatty } from 'node:tty';

const STANDARD_STREAMS = [0, 1, 2];

export interface ReloadSignal {
  /** What is done at each signal from now on, and at once if there was one before. */
  heed(reload: () => Promise<void>): void;
  /** The signal does again what it did before. */
  forget(): void;
}

/**
 * From the first moment: it would end a server that is still starting, and a service manager takes that for a stop that
 * was asked for. A terminal that closes sends SIGHUP too, and what runs in it has to end: then it does what it did before.
 */
export function listenForReload(): ReloadSignal {
  const terminals = STANDARD_STREAMS.filter((stream) => isatty(stream));
  let reload: (() => Promise<void>) | undefined;
  let isAsked = false;
  const onSignal = () => {
    if (!terminals.every((stream) => isatty(stream))) {
      process.off('SIGHUP', onSignal);
      process.kill(process.pid, 'SIGHUP');
    } else if (reload === undefined) isAsked = true;
    else void reload();
  };
  process.on('SIGHUP', onSignal);
  return {
    heed(given) {
      reload = given;
      if (isAsked) void reload();
    },
    forget: () => void process.off('SIGHUP', onSignal),
  };
}
