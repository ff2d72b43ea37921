// Where an account is signed in, which apps it is connected to, and its factors.
import { z } from 'zod';
import { findAccount } from '../../accounts/accounts.ts';
import { disconnectAppAs, endSessionAs, endSessionsAs } from '../../administration/accounts/end-sessions-as.ts';
import { countRecoveryCodes } from '../../second-factors/recovery-codes.ts';
import { listAuthenticators } from '../../second-factors/totp-secrets.ts';
import { connectedApps } from '../../sessions/connected-apps.ts';
import { listSessions } from '../../sessions/list-sessions.ts';
import type { ApiDeps } from '../deps.ts';
import { found, moment, name, said } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { accountParams } from './schemas.ts';

const session = z
  .object({
    id: z.string(),
    user_agent: z.string(),
    first_address: z.string(),
    last_address: z.string(),
    since: moment,
    last_seen_at: moment,
    kept: z.boolean().describe('Its owner has asked to be kept signed in.'),
    clients: z.array(z.string()).describe('The apps it was used for.'),
  })
  .meta({ id: 'Session' });

const app = z
  .object({
    client_id: z.string(),
    scopes: z.array(z.string()),
    resources: z.record(z.string(), z.array(z.string())),
    consented: z.boolean(),
    since: moment,
    last_sign_in_at: moment.nullable(),
  })
  .meta({ id: 'ConnectedApp' });

const factors = z
  .object({
    authenticators: z.array(z.object({ name: z.string(), added_at: moment, last_used_at: moment.nullable() })),
    recovery_codes_left: z.int(),
  })
  .meta({ id: 'Factors' });

const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

export const sessionOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listSessionsOfAccount',
    method: 'GET',
    path: '/accounts/:accountId/sessions',
    needs: 'accounts:read',
    tag: 'Sessions',
    summary: 'Where an account is signed in',
    params: accountParams,
    success: { status: 200, description: 'All of them.', schema: list(session) },
    run: async ({ params }) => {
      const { id } = found(await findAccount(deps.db, params.accountId));
      const sessions = await listSessions({ ...deps, limits: deps.config.sessions }, id);
      return { status: 200, body: { items: sessions.map(shownSession) } };
    },
  }),
  operation({
    id: 'endSessionsOfAccount',
    method: 'DELETE',
    path: '/accounts/:accountId/sessions',
    needs: 'sessions:end',
    tag: 'Sessions',
    summary: 'End all sessions of an account',
    params: accountParams,
    success: { status: 204, description: 'It is signed in nowhere. Apps are told.' },
    run: async ({ by, params }) => {
      done(await endSessionsAs(deps, by, params));
      return { status: 204 };
    },
  }),
  operation({
    id: 'endSession',
    method: 'DELETE',
    path: '/accounts/:accountId/sessions/:session',
    needs: 'sessions:end',
    tag: 'Sessions',
    summary: 'End one session',
    params: accountParams.extend({ session: name }),
    success: { status: 204, description: 'It has ended. Apps are told.' },
    run: async ({ by, params: { accountId, session: handle } }) => {
      done(await endSessionAs(deps, by, { accountId, handle }));
      return { status: 204 };
    },
  }),
  operation({
    id: 'listAppsOfAccount',
    method: 'GET',
    path: '/accounts/:accountId/apps',
    needs: 'accounts:read',
    tag: 'Accounts',
    summary: 'The apps that an account is connected to',
    params: accountParams,
    success: { status: 200, description: 'All of them.', schema: list(app) },
    run: async ({ params }) => {
      const { id } = found(await findAccount(deps.db, params.accountId));
      return { status: 200, body: { items: (await connectedApps(deps, id)).map(shownApp) } };
    },
  }),
  operation({
    id: 'disconnectApp',
    method: 'DELETE',
    path: '/accounts/:accountId/apps/:clientId',
    needs: 'sessions:end',
    tag: 'Accounts',
    summary: 'Take back what an app has of an account',
    description: 'Consent, grants and tokens: the app has to ask anew.',
    params: accountParams.extend({ clientId: name }),
    success: { status: 204, description: 'It is not connected any more.' },
    run: async ({ by, params }) => {
      done(await disconnectAppAs(deps, by, params));
      return { status: 204 };
    },
  }),
  operation({
    id: 'getFactorsOfAccount',
    method: 'GET',
    path: '/accounts/:accountId/factors',
    needs: 'accounts:read',
    tag: 'Accounts',
    summary: 'The second factors of an account, without their secrets',
    params: accountParams,
    success: { status: 200, description: 'Its factors.', schema: factors },
    run: async ({ params }) => {
      const { id } = found(await findAccount(deps.db, params.accountId));
      const authenticators = (await listAuthenticators(deps.db, id)).map(({ name, addedAt, lastUsedAt }) => ({
        name,
        added_at: addedAt.toISOString(),
        last_used_at: said(lastUsedAt),
      }));
      return { status: 200, body: { authenticators, recovery_codes_left: await countRecoveryCodes(deps.db, id) } };
    },
  }),
];

const shownSession = (session: Awaited<ReturnType<typeof listSessions>>[number]) => ({
  id: session.handle,
  user_agent: session.userAgent,
  first_address: session.firstAddress,
  last_address: session.lastAddress,
  since: session.since.toISOString(),
  last_seen_at: session.lastSeenAt.toISOString(),
  kept: session.kept,
  clients: session.clientIds,
});

type Connected = Awaited<ReturnType<typeof connectedApps>>[number];

const shownApp = ({ clientId, allowed, wasAsked, since, lastSignInAt }: Connected) => ({
  client_id: clientId,
  scopes: allowed.scopes,
  resources: Object.fromEntries(allowed.resources),
  consented: wasAsked,
  since: since.toISOString(),
  last_sign_in_at: said(lastSignInAt),
});
