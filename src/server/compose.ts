// Configuration → every part, in order. Read it from top to bottom.
import { flushCompileCache } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type Koa from 'koa';
import { accountRoutes } from '../account-centre/routes.ts';
import { createPasswordHasher, type PasswordHasher } from '../accounts/password-hash.ts';
import { type PasswordRules, passwordRulesFor } from '../accounts/password-rules.ts';
import type { AdminParts } from '../admin/deps.ts';
import { ADMIN_PATH } from '../admin/navigation.ts';
import type { ApiParts } from '../api/deps.ts';
import { withBuiltIn } from '../clients/live/built-in.ts';
import type { LiveClients } from '../clients/live/live-clients.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { API_PATH } from '../config/roles/product-api.ts';
import { deriveKeys } from '../crypto/derived-keys.ts';
import { type SealedBox, sealedBoxOf } from '../crypto/sealed-box.ts';
import type { OpenDatabase } from '../database/database.ts';
import { createRecorder, type Recorder } from '../explanations/recorder.ts';
import { firstRunRoutes } from '../first-run/routes.ts';
import { type Assets, loadAssets } from '../http/assets.ts';
import { createClientAddress } from '../http/client-address.ts';
import { createCsrf } from '../http/csrf.ts';
import type { PageOptions } from '../http/page.ts';
import type { Route } from '../http/route.ts';
import type { LaterRoutes } from '../http/router.ts';
import { THEME_FILE, themeSheet } from '../http/theme.ts';
import { interactionRoutes } from '../interactions/routes.ts';
import { createReadiness, type Readiness } from '../observability/health.ts';
import type { Logger } from '../observability/logger.ts';
import type { Worker } from '../outbox/worker.ts';
import { ROOT, VERSION } from '../package.ts';
import { openPlaces } from '../places/places.ts';
import { browserSessions } from '../provider/browser-session.ts';
import { selfServiceRoutes } from '../self-service/routes.ts';
import { gate } from './access.ts';
import { answeringResets } from './answering-resets.ts';
import { limitCrossOrigin } from './before-engine/cross-origin.ts';
import { dropRestOfBody, unauthorizedGrant, untypedRevocation } from './before-engine/engine-answers.ts';
import { answerOutagesToPrograms, surfaceOutages } from './before-engine/engine-outages.ts';
import { admitStructuredTokens } from './before-engine/structured-tokens.ts';
import { tokenTransaction } from './before-engine/token-transaction.ts';
import { turnAway } from './before-engine/turned-away.ts';
import { checkClientsWithEngine } from './check-clients.ts';
import { probeRoute } from './diagnosis/probe.ts';
import { createLiveEngine, type LiveEngine } from './keys/live-engine.ts';
import { makeFirstKeys } from './keys/turning-keys.ts';
import { followingTokens, followKeys } from './keys/unknown-keys.ts';
import { createApp } from './koa.ts';
import { metricsRoute } from './metrics/endpoint.ts';
import type { Measuring } from './metrics/open-metrics.ts';
import { keepReferences, referToErrors } from './references/answers.ts';
import { sendingMails } from './sending-mails.ts';
import { brandLocals } from './system/branding.ts';
import { systemRoutes } from './system/system-routes.ts';
import { tellingApps, wakeAfterSignOut } from './telling-apps.ts';

export interface Given {
  readonly config: Config;
  readonly clients: LiveClients;
  readonly clock: Clock;
  readonly log: Logger;
  /** Open and migrated. */
  readonly database: OpenDatabase;
  readonly demoUrl?: string | undefined;
  /** Undefined where nobody reads what is measured. */
  readonly measuring?: Measuring | undefined;
  /** As in StartOptions. */
  readonly workers?: number;
  readonly worker?: number;
}

export interface Composed {
  readonly app: Koa;
  /** All of them; loads those that nobody has asked for yet. */
  readonly allRoutes: () => Promise<readonly Route[]>;
  readonly engine: LiveEngine;
  readonly hasher: PasswordHasher;
  readonly box: SealedBox;
  readonly readiness: Readiness;
  /** Tells apps that sessions have ended; not started yet. */
  readonly telling: Worker;
  /** Sends mails; not started yet. */
  readonly mailing: Worker;
  /** Answers forgotten passwords; not started yet. */
  readonly answering: Worker;
  readonly recorder: Recorder;
}

export async function compose(given: Given): Promise<Composed> {
  const { config, clients: live, clock, log, database, workers = 1, worker = 1, measuring } = given;
  const { db } = database;
  const clients = withBuiltIn(live.current, config);
  const box = sealedBoxOf(config);
  const hasher = passwordHasher(config, workers);

  await makeFirstKeys({ config, clock, db, box, log }, clients());
  const engine = await createLiveEngine({ config, clock, db, box, clients, log });
  const { provider, keys } = engine;
  const followTokens = followingTokens(engine);
  await checkClientsWithEngine(provider(), clients());
  const answering = answeringResets({ config, clock, db, box, log });
  const telling = tellingApps({ config, clock, db, clients, provider, log });
  const mailing = sendingMails({ config, clock, db, box, log, says: worker === 1 });
  const readiness = createReadiness();
  const recorder = createRecorder({ db, clock, log });
  const ofBrowsers = browserSessions({ provider, config, db, clock });
  const placeOf = openPlaces(config.geo.mmdbFile);
  const ofPages = { config, clock, db, clients, hasher, rules: rulesOf(config), box, csrf: csrfOf(config), log };
  const routes = [
    ...mailing.routes,
    ...systemRoutes({ config, db, clients: live, readiness, version: VERSION, demoUrl: given.demoUrl }),
    ...operatorRoutes({ config, clock, db, version: VERSION, expose: measuring?.expose }),
    ...interactionRoutes({ ...ofPages, provider }),
    ...firstRunRoutes(ofPages),
    ...selfServiceRoutes(ofPages),
    ...accountRoutes({ ...ofPages, ...ofBrowsers, placeOf }),
  ];
  const later = seldomVisited({ ...ofPages, ...ofBrowsers, placeOf, live, keys, provider, followKeys: engine.follow });
  const assets = assetsOf(config);
  const app = createApp({
    config,
    log,
    clientAddress: createClientAddress(config.server.trustedProxies),
    assets,
    pages: pageOptions({ config, clock }, assets),
    routes,
    laterRoutes: later,
    gate,
    metrics: measuring?.metrics,
    keepReferences: keepReferences(recorder),
    beforeRoutes: [turnAway(database), followKeys(followTokens)],
    beforeEngine: [
      referToErrors,
      limitCrossOrigin(clients),
      wakeAfterSignOut(telling),
      answerOutagesToPrograms,
      dropRestOfBody,
      untypedRevocation,
      admitStructuredTokens(followTokens),
      unauthorizedGrant,
      tokenTransaction({ config, clock, db, database }),
      surfaceOutages,
    ],
    provider,
  });
  const allRoutes = async () => [...routes, ...(await Promise.all(later.map(({ load }) => load()))).flat()];
  return { app, allRoutes, engine, hasher, box, readiness, telling, mailing, answering, recorder };
}

const csrfOf = (config: Config) => createCsrf(...deriveKeys(config, 'csrf'));

const rulesOf = ({ accounts, name }: Config): PasswordRules => passwordRulesFor(accounts, name);

/** They are a tenth of all modules. What they have compiled is written as what a start has (`listen` in life-cycle.ts). */
const seldomVisited = (parts: AdminParts & ApiParts): readonly LaterRoutes[] => [
  { below: ADMIN_PATH, load: () => keeping(import('../admin/routes.ts')).then((later) => later.adminRoutes(parts)) },
  { below: API_PATH, load: () => keeping(import('../api/routes.ts')).then((later) => later.apiRoutes(parts)) },
];

async function keeping<T>(loading: Promise<T>): Promise<T> {
  const loaded = await loading;
  flushCompileCache();
  return loaded;
}

const operatorRoutes = (deps: Parameters<typeof probeRoute>[0] & Parameters<typeof metricsRoute>[0]) => [
  metricsRoute(deps),
  probeRoute(deps),
];

const assetsOf = ({ branding: { colours } }: Config): Assets =>
  loadAssets(join(ROOT, 'views', 'assets'), colours && { [THEME_FILE]: themeSheet(colours) });

const pageOptions = ({ config, clock }: Pick<Given, 'config' | 'clock'>, assets: Assets): PageOptions => ({
  viewsDir: join(ROOT, 'views'),
  shared: { product: config.name, asset: assets.url, ...brandLocals(config) },
  clock,
  pseudoLocale: config.mode === 'development',
  soon: OF_EVERY_SIGN_IN,
});

/** And what is shown where more is asked for than can be done. */
const OF_EVERY_SIGN_IN = ['interactions/sign-in', 'interactions/consent', 'interactions/continue', 'errors/refused'];

/** Workers share the cores, unless a number of hashes for each of them is configured. */
export const hashesAtOnce = ({ limits }: Config, workers: number): number =>
  limits.parallelHashes || Math.max(1, Math.floor(availableParallelism() / workers));

export const passwordHasher = (config: Config, workers = 1): PasswordHasher =>
  createPasswordHasher({ parallel: hashesAtOnce(config, workers), queue: config.limits.hashQueue });
