// SIGHUP: the client files are read again, now.
import { isatty } from 'node:tty';

const STANDARD_STREAMS = [0, 1, 2];

/**
 * A terminal that closes sends SIGHUP too, and what runs in it has to end: then the signal does what it did before.
 * Returns the way to stop listening.
 */
export function listenForReload(reload: () => Promise<void>): () => void {
  const terminals = STANDARD_STREAMS.filter((stream) => isatty(stream));
  const onSignal = () => {
    if (terminals.every((stream) => isatty(stream))) {
      void reload();
      return;
    }
    process.off('SIGHUP', onSignal);
    process.kill(process.pid, 'SIGHUP');
  };
  process.on('SIGHUP', onSignal);
  return () => void process.off('SIGHUP', onSignal);
}
