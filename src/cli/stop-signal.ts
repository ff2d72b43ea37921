// SIGTERM and SIGINT: the first asks for a graceful stop, a second one ends the process at once.

export interface StopSignal {
  /** Resolves at the first signal. */
  readonly received: Promise<void>;
  /** The signals do again what they did before. */
  forget(): void;
}

/**
 * Milliseconds. Ctrl-C under `npm start` arrives twice, from the terminal and from npm, which passes on what the
 * terminal has sent to everybody already.
 */
const SAME_KEY_PRESS_MS = 500;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * A worker heeds SIGTERM alone, which its primary sends: a terminal sends SIGINT to everybody, and what the primary
 * passes on would be the second one, whenever it comes.
 */
export function listenForStop({ isWorker }: { isWorker: boolean }): StopSignal {
  const { promise: received, resolve } = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt > SAME_KEY_PRESS_MS) process.exit(1);
    resolve();
  };
  const ignore = () => {};
  const heeded = SIGNALS.map((signal) => [signal, isWorker && signal === 'SIGINT' ? ignore : onSignal] as const);
  for (const [signal, listener] of heeded) process.on(signal, listener);
  return {
    received,
    forget: () => {
      for (const [signal, listener] of heeded) process.off(signal, listener);
    },
  };
}
