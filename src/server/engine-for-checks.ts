// The engine without keys of ours: for its validation of clients, and for what it would say of somebody.
import { randomBytes } from 'node:crypto';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { Provider } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { assembleConfig } from '../config/assemble.ts';
import type { Attribute, Config } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import { ConfigurationInvalid, type Problem } from '../config/problem.ts';
import { configFile } from '../config/schema.ts';
import { OIDC_SCOPES } from '../config/scopes.ts';
import { newSecretToken } from '../crypto/secret-token.ts';
import type { Db } from '../database/database.ts';
import type { Database } from '../database/schema.ts';
import { generateSigningKey, type SigningKey } from '../keys/signing-key.ts';
import { createLogger } from '../observability/logger.ts';
import { createProvider } from '../provider/provider.ts';
import { checkClientsWithEngine } from './check-clients.ts';
import { algorithmsFor } from './keys/turning-keys.ts';

/** What a server would refuse to start with, besides what the files' own checks find. */
export async function problemsOfEngine(clients: ClientRegistry): Promise<readonly Problem[]> {
  const config = assembleConfig(readEnvironment({ env: {}, cwd: '/' }), configFile.parse({}), {
    mode: 'production',
    issuer: 'https://localhost',
    databaseUrl: undefined,
    smtpUrl: undefined,
    masterSecret: newSecretToken(),
    previousSecrets: [],
  });
  const provider = createProvider({
    config: { ...config, attributes: attributesFor(clients) },
    clock: systemClock,
    db: nowhere(),
    clients: () => clients,
    keys: await passingKeys(config, clients),
    nonceSecret: randomBytes(32),
    log: createLogger({ level: 'silent', format: 'json' }),
  });
  try {
    await checkClientsWithEngine(provider, clients);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.problems;
    throw error;
  }
}

/** Known to nobody, and gone with the engine that has them. */
const passingKeys = (config: Config, clients: ClientRegistry): Promise<SigningKey[]> =>
  Promise.all(algorithmsFor(config, clients).map((algorithm) => generateSigningKey('active', algorithm)));

/** Nothing it signs would be believed by anybody. */
export const engineForPreviews = async (parts: {
  config: Config;
  clock: Clock;
  db: Db;
  clients: () => ClientRegistry;
}): Promise<Provider> =>
  createProvider({
    ...parts,
    keys: await passingKeys(parts.config, parts.clients()),
    nonceSecret: randomBytes(32),
    log: createLogger({ level: 'silent', format: 'json' }),
  });

/** Which scopes there are was asked where the files were read, with what gatehouse.yaml declares. */
function attributesFor(clients: ClientRegistry): ReadonlyMap<string, Attribute> {
  const scopes = new Set([...clients.values()].flatMap(({ scopes: named }) => named));
  const own = [...scopes].filter((scope) => !OIDC_SCOPES.includes(scope));
  const rest = { label: '', type: 'string', choices: [], edit: 'operator', required: false } as const;
  return new Map(own.map((scope, index) => [scope, { ...rest, name: scope, scope, claim: `claim${index}` }]));
}

const nowhere = () =>
  new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
