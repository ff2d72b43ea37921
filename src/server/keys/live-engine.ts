// The engine with the keys of the database: looked at every ten seconds, and built anew when they have changed.
import type { Provider } from 'oidc-provider';
import type { SealedBox } from '../../crypto/sealed-box.ts';
import type { SigningKey } from '../../keys/signing-key.ts';
import { currentPrint, listSigningKeys, printOf } from '../../keys/signing-keys.ts';
import { createProvider, type ProviderDeps } from '../../provider/provider.ts';

/** Three looks fit into the half minute in which every process has to follow. */
const INTERVAL_MS = 10_000;

export interface LiveEngine {
  /** Asked at every request; one that is under way ends with what it began with. */
  readonly provider: () => Provider;
  readonly keys: () => readonly SigningKey[];
  /** Looks now. Never rejects: with the database away, the keys stay as they are. */
  follow(): Promise<void>;
  /** Looks from now on; returns the way to stop, which waits for a look under way. */
  start(): () => Promise<void>;
}

type Deps = Omit<ProviderDeps, 'keys'> & { readonly box: SealedBox };

/** @throws what reading the keys throws, the first time */
export async function createLiveEngine(deps: Deps): Promise<LiveEngine> {
  const { db, log } = deps;
  let keys: readonly SigningKey[] = await listSigningKeys(deps);
  let provider = createProvider({ ...deps, keys });
  let last = Promise.resolve();
  let isTold = false;

  const look = async (): Promise<void> => {
    if ((await currentPrint(db)) !== printOf(keys)) {
      const read = await listSigningKeys(deps);
      provider = createProvider({ ...deps, keys: read });
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
  return {
    provider: () => provider,
    keys: () => keys,
    follow,
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
