// Is this process alive, and should it be sent requests?

export type ReadinessState = 'starting' | 'ready' | 'stopping';

export interface Readiness {
  readonly state: ReadinessState;
  /** Stopping is final: nothing that finishes late makes a stopping server look ready again. */
  set(state: ReadinessState): void;
}

/** Rejects when what it checks does not work. */
export type HealthCheck = () => Promise<void>;

export interface ReadinessReport {
  readonly ready: boolean;
  readonly state: ReadinessState;
  /** Names and verdicts only: anyone may read this. Why a check fails is for `onFailure`. */
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
}

export interface ReadinessOptions {
  /** A check that takes longer is failing. */
  readonly timeoutMs?: number;
  readonly onFailure?: (name: string, error: unknown) => void;
}

const DEFAULT_TIMEOUT_MS = 2000;

export function createReadiness(): Readiness {
  let state: ReadinessState = 'starting';
  return {
    get state() {
      return state;
    },
    set(next) {
      if (state !== 'stopping') state = next;
    },
  };
}

/** Answers whenever the event loop turns: a process that cannot reach its database is not helped by a restart. */
export const reportLiveness = (): { readonly alive: true } => ({ alive: true });

/** Ready when the process has started, is not stopping, and every check passes. Checks run only while it is ready. */
export async function reportReadiness(
  readiness: Readiness,
  checks: Readonly<Record<string, HealthCheck>>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, onFailure = () => {} }: ReadinessOptions = {},
): Promise<ReadinessReport> {
  if (readiness.state !== 'ready') return { ready: false, state: readiness.state, checks: {} };
  const verdicts = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await within(timeoutMs, check());
        return [name, 'ok'] as const;
      } catch (error) {
        onFailure(name, error);
        return [name, 'failing'] as const;
      }
    }),
  );
  const ready = verdicts.every(([, verdict]) => verdict === 'ok');
  return { ready, state: readiness.state, checks: Object.fromEntries(verdicts) };
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
