// The engine with the keys of the database: looked at every ten seconds, and built anew when they have changed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Provider } from 'oidc-provider';
import { deriveKey } from '../../crypto/derived-keys.ts';
import type { SealedBox } from '../../crypto/sealed-box.ts';
import { asNobody } from '../../database/outages/request-notes.ts';
import type { SigningKey } from '../../keys/signing-key.ts';
import { currentPrint, listSigningKeys, printOf } from '../../keys/signing-keys.ts';
import { createProvider, type ProviderDeps } from '../../provider/provider.ts';
import { serverSecret } from '../server-state.ts';

/** Three looks fit into the half minute in which every process has to follow. */
const INTERVAL_MS = 10_000;
/** Between two looks that callers cause: whoever makes keys up has the database asked ten times a second, and not more. */
const LEAST_PAUSE_MS = 100;

export interface LiveEngine {
  /** Asked at every request; one that is under way ends with what it began with. */
  readonly provider: () => Provider;
  readonly keys: () => readonly SigningKey[];
  /** Looks now. Never rejects: with the database away, the keys stay as they are. */
  follow(): Promise<void>;
  /** The same for who has met an unknown key: one look for all who wait for it, which begins after they have asked. */
  followSoon(): Promise<void>;
  /** Looks from now on; returns the way to stop, which waits for a look under way. */
  start(): () => Promise<void>;
}

type Deps = Omit<ProviderDeps, 'keys' | 'nonceSecret'> & { readonly box: SealedBox };

/** @throws what reading the keys throws, the first time */
export async function createLiveEngine(deps: Deps): Promise<LiveEngine> {
  const { db, log } = deps;
  let keys: readonly SigningKey[] = await listSigningKeys(deps);
  // What the release before makes its nonces with: while both run, each takes those of the other.
  const first = deriveKey(deps.config.masterSecret, 'dpop-nonce');
  const nonceSecret = await serverSecret(deps, 'dpop_nonces', first);
  let provider = createProvider({ ...deps, keys, nonceSecret });
  let last = Promise.resolve();
  let isTold = false;

  const look = async (): Promise<void> => {
    if ((await currentPrint(db)) !== printOf(keys)) {
      const read = await listSigningKeys(deps);
      provider = createProvider({ ...deps, keys: read, nonceSecret });
      keys = read;
      log.info({ event: 'keys.followed', keys: printOf(read) });
    }
    isTold = false;
  };
  const follow = (): Promise<void> => {
    last = last.then(look).catch((err) => {
      if (!isTold) log.warn({ event: 'keys.not_read', err }, GOES_ON);
      isTold = true;
    });
    return last;
  };
  let soon: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const followSoon = (): Promise<void> => {
    soon ??= sleep(Math.max(0, lookedAt + LEAST_PAUSE_MS - performance.now())).then(() => {
      soon = undefined;
      lookedAt = performance.now();
      // For everybody who waits for it, not for the one who asked first.
      return asNobody(follow);
    });
    return soon;
  };
  return {
    provider: () => provider,
    keys: () => keys,
    follow,
    followSoon,
    start() {
      const timer = setInterval(() => void follow(), INTERVAL_MS);
      timer.unref();
      return () => {
        clearInterval(timer);
        return last;
      };
    },
  };
}

const GOES_ON =
  'The signing keys cannot be read. The server goes on with those it has, and looks again every ten seconds.';
