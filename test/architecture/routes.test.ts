// Every address of the server with its verb and who may call it, against the committed list: an opened door shows in review.
// After a change that is meant: node_modules/.bin/vitest run test/architecture/routes.test.ts -u
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { AccountParts } from '../../src/account-centre/deps.ts';
import { accountRoutes } from '../../src/account-centre/routes.ts';
import type { AdminParts } from '../../src/admin/deps.ts';
import { adminRoutes } from '../../src/admin/routes.ts';
import type { ApiParts } from '../../src/api/deps.ts';
import { apiRoutes } from '../../src/api/routes.ts';
import { loadClients } from '../../src/clients/load-clients.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { FirstRunDeps } from '../../src/first-run/deps.ts';
import { firstRunRoutes } from '../../src/first-run/routes.ts';
import { loadAssets } from '../../src/http/assets.ts';
import { describeAccess, type Route } from '../../src/http/route.ts';
import type { InteractionDeps } from '../../src/interactions/deps.ts';
import { interactionRoutes } from '../../src/interactions/routes.ts';
import { generateSigningKey, type SigningKey } from '../../src/keys/signing-key.ts';
import { DISCOVERY_PATHS, ENDPOINTS } from '../../src/provider/paths.ts';
import { createProvider, type ProviderDeps } from '../../src/provider/provider.ts';
import type { SelfServiceDeps } from '../../src/self-service/deps.ts';
import { selfServiceRoutes } from '../../src/self-service/routes.ts';
import { probeRoute } from '../../src/server/diagnosis/probe.ts';
import { metricsRoute } from '../../src/server/metrics/endpoint.ts';
import { type DevMailDeps, devMailRoutes } from '../../src/server/system/dev-mail.ts';
import { type SystemDeps, systemRoutes } from '../../src/server/system/system-routes.ts';
import { ROOT } from './sources.ts';

interface Door {
  readonly verb: string;
  readonly path: string;
  readonly who: string;
}

/** No handler is called, so none of them needs anything. */
const ownRoutes = (): readonly Route[] => [
  ...systemRoutes({} as SystemDeps),
  ...interactionRoutes({} as InteractionDeps),
  ...firstRunRoutes({} as FirstRunDeps),
  ...accountRoutes({} as AccountParts),
  ...adminRoutes({} as AdminParts),
  ...selfServiceRoutes({} as SelfServiceDeps),
  ...devMailRoutes({} as DevMailDeps),
  ...apiRoutes({ keys: () => [] as readonly SigningKey[] } as ApiParts),
  metricsRoute({} as Parameters<typeof metricsRoute>[0]),
  probeRoute({} as Parameters<typeof probeRoute>[0]),
];

const ownDoors = (): readonly Door[] => [
  ...ownRoutes().map((route) => ({ verb: route.method, path: route.path, who: describeAccess(route.access) })),
  {
    verb: 'GET',
    path: `${path.posix.dirname(loadAssets(path.join(ROOT, 'views/assets')).url('style.css'))}/:file`,
    who: 'anyone',
  },
];

/** By the engine's own name of the route. What the engine adds has no line here, and the test fails until it has. */
const ENGINE_ACCESS: Readonly<Record<string, string>> = {
  authorization: 'anyone; answers go to the exact redirect_uri of a registered client only',
  resume: 'holder of the interaction',
  userinfo: 'bearer of an access token made for it',
  token: 'a client that proves who it is, or a public one with its code verifier or refresh token',
  jwks: 'anyone',
  discovery: 'anyone',
  revocation: 'a client, for tokens of its own',
  introspection: 'a confidential client, for tokens of its own and of the audiences in its file',
  pushed_authorization_request: 'a client that proves who it is, or a public one',
  end_session: 'anyone; ends the session of this browser, after a question or with its ID token',
  end_session_confirm: 'holder of the session, with the token of the form',
  end_session_success: 'anyone',
};
const PREFLIGHT = 'scripts of other origins, before they call';

const VERBS = ['get', 'post', 'put', 'delete', 'options'] as const;
type Register = (this: unknown, name: string, path: string, ...handlers: unknown[]) => unknown;

/** What the engine itself registers, with our features, watched while it is built. */
async function engineDoors(): Promise<readonly Door[]> {
  const { default: Router }: { default: { prototype: Record<(typeof VERBS)[number], Register> } } = await import(
    'oidc-provider/lib/helpers/router.js' as string
  );
  const doors: Door[] = [];
  for (const verb of VERBS) {
    const original = Router.prototype[verb];
    vi.spyOn(Router.prototype, verb).mockImplementation(function (this: unknown, name, at, ...handlers) {
      doors.push({ verb: verb.toUpperCase(), path: at, who: accessOf(name) });
      return Reflect.apply(original, this, [name, at, ...handlers]);
    });
  }
  createProvider(await engineDeps());
  return doors;
}

const accessOf = (name: string): string =>
  name.startsWith('cors.') ? PREFLIGHT : (ENGINE_ACCESS[name] ?? `NOBODY HAS DECIDED YET (${name})`);

/** The configuration that ships, without an environment. */
async function engineDeps(): Promise<ProviderDeps> {
  const env = { GATEHOUSE_MODE: 'development', GATEHOUSE_SECRET: 'a secret for a server that nobody starts' };
  const { config, known, problems } = loadConfig({ env, cwd: ROOT });
  if (config === undefined) throw new Error(JSON.stringify(problems));
  const { clients } = loadClients({ env, cwd: ROOT, now: systemClock.now() }, known);
  const unused = {} as Pick<ProviderDeps, 'db' | 'log'>;
  const secrets = { keys: [await generateSigningKey('active')], nonceSecret: Buffer.alloc(32) };
  return { ...unused, ...secrets, config, clock: systemClock, clients: () => clients };
}

const printed = (doors: readonly Door[]): string =>
  [...doors]
    .sort((a, b) => order(a) - order(b) || (a.path < b.path ? -1 : 1))
    .map(({ verb, path: at, who }) => `${verb.padEnd(8)}${at.padEnd(58)}${who}`)
    .join('\n');

const order = ({ verb }: Door): number => ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].indexOf(verb);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('routes', () => {
  test('are those of the committed list', async () => {
    const list = [
      '# Every address of the server: verb, path, who may call it. Checked by routes.test.ts, which also writes it (-u).',
      '',
      '# Our own pages and answers. GET answers HEAD too. Unknown verbs get 405, unknown paths 404.',
      printed(ownDoors()),
      '',
      '# The protocol engine. Case and one slash at the end do not matter there.',
      printed(await engineDoors()),
    ].join('\n');
    await expect(`${list}\n`).toMatchFileSnapshot('routes.txt');
  });

  test('of the engine are all decided: a feature that is switched on needs a line here first', async () => {
    const doors = await engineDoors();
    expect(doors.filter(({ who }) => who.startsWith('NOBODY'))).toEqual([]);
    expect(doors.length).toBeGreaterThan(Object.keys(ENDPOINTS).length);
  });

  test('of ours never stand in the way of the engine, nor the other way round', () => {
    const engine = [...Object.values(ENDPOINTS), ...DISCOVERY_PATHS];
    const taken = ownRoutes().filter((route) =>
      engine.some((endpoint) => route.path === endpoint || route.path.startsWith(`${endpoint}/`)),
    );
    expect(taken).toEqual([]);
  });
});
