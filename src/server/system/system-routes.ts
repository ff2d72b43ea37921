// What is neither a sign-in nor the protocol: the landing page, health, and logos.
import { sql } from 'kysely';
import type { LiveClients } from '../../clients/live/live-clients.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import { requireFitting } from '../../database/migrator.ts';
import { renderPage } from '../../http/page.ts';
import { anyone, get, type Handler, type Route } from '../../http/route.ts';
import { type Readiness, reportLiveness, reportReadiness } from '../../observability/health.ts';
import { DISCOVERY_PATHS } from '../../provider/paths.ts';
import { BRANDING_LOGO_PATH } from './branding.ts';
import { sendImage } from './images.ts';

export interface SystemDeps {
  readonly config: Config;
  readonly db: Db;
  readonly clients: LiveClients;
  readonly readiness: Readiness;
  readonly version: string;
  readonly demoUrl: string | undefined;
}

export const systemRoutes = (deps: SystemDeps): readonly Route[] => [
  get('/', anyone, showLandingPage(deps)),
  get('/livez', anyone, answerLiveness),
  get('/readyz', anyone, answerReadiness(deps)),
  get(
    '/client-logo/:clientId',
    anyone,
    sendImage((ctx) => deps.clients.current().get(ctx.params['clientId'] ?? '')?.logoFile),
  ),
  get(
    BRANDING_LOGO_PATH,
    anyone,
    sendImage(() => deps.config.branding.logoFile),
  ),
];

/** The role lets the person see every page of the demo shop. */
const CREATE_DEMO_PERSON = 'bin/gatehouse user create --email you@example.com --role shop-admin';

const showLandingPage =
  ({ config, version, demoUrl }: SystemDeps): Handler =>
  async (ctx) => {
    await renderPage(ctx, 'home', {
      title: config.name,
      issuer: config.issuer,
      mode: config.mode,
      version,
      discoveryHref: DISCOVERY_PATHS[0],
      createPersonCommand: demoUrl === undefined ? undefined : CREATE_DEMO_PERSON,
      demo: demoUrl === undefined ? undefined : { href: demoUrl, name: 'Demo Shop' },
    });
  };

const answerLiveness: Handler = async (ctx) => {
  ctx.state.quiet = true;
  ctx.body = reportLiveness();
};

const answerReadiness =
  ({ db, readiness, clients }: SystemDeps): Handler =>
  async (ctx) => {
    ctx.state.quiet = true;
    const database = async () => {
      await sql`select 1`.execute(db);
    };
    const onFailure = (check: string, err: unknown) => ctx.state.log.error({ event: 'readiness.failed', check, err });
    const schema = () => requireFitting(db);
    const report = await reportReadiness(readiness, { database, schema }, { timeoutMs: 1000, onFailure });
    ctx.status = report.ready ? 200 : 503;
    ctx.body = { ...report, configuration: clients.status() };
  };
