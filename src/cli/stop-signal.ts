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

export function listenForStop(): StopSignal {
  const { promise: received, resolve } = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt > SAME_KEY_PRESS_MS) process.exit(1);
    resolve();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    received,
    forget: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
