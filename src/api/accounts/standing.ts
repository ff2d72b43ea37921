// What is done to an account as a whole: invited, banned, let back in, helped with its password and factors, downloaded.
import { z } from 'zod';
import { banAccountAs, unbanAccountAs } from '../../administration/accounts/ban-account-as.ts';
import { inviteAccountAs } from '../../administration/accounts/create-account-as.ts';
import { exportAccountAs } from '../../administration/accounts/export-account-as.ts';
import { resetFactorsAs } from '../../administration/accounts/reset-factors-as.ts';
import { startResetAs } from '../../administration/accounts/start-reset-as.ts';
import type { ApiDeps } from '../deps.ts';
import { text } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { accountParams } from './schemas.ts';

const ban = z.strictObject({ reason: text(500).min(1).describe('For whoever administers next.') }).meta({ id: 'Ban' });

const PATH = '/accounts/:accountId';
const of = { params: accountParams, tag: 'Accounts', method: 'POST' } as const;

export const standingOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    ...of,
    id: 'inviteAccount',
    path: `${PATH}/invitation`,
    needs: 'accounts:write',
    summary: 'Send another invitation to an account without a password',
    success: { status: 204, description: 'The mail is on its way; those sent before are void.' },
    run: async ({ by, params }) => {
      done(await inviteAccountAs(deps, by, params));
      return { status: 204 };
    },
  }),
  operation({
    ...of,
    id: 'banAccount',
    path: `${PATH}/ban`,
    needs: 'accounts:write',
    summary: 'Shut somebody out, with a reason',
    description: 'Sessions and tokens end at once.',
    body: ban,
    success: { status: 204, description: 'Banned.' },
    run: async ({ by, params, body }) => {
      done(await banAccountAs(deps, by, { ...params, ...body }));
      return { status: 204 };
    },
  }),
  operation({
    ...of,
    id: 'unbanAccount',
    method: 'DELETE',
    path: `${PATH}/ban`,
    needs: 'accounts:write',
    summary: 'Let somebody back in',
    success: { status: 204, description: 'Not banned any more.' },
    run: async ({ by, params }) => {
      done(await unbanAccountAs(deps, by, params));
      return { status: 204 };
    },
  }),
  operation({
    ...of,
    id: 'startReset',
    path: `${PATH}/password-reset`,
    needs: 'accounts:write',
    summary: 'Mail a link to a new password',
    description: 'The password that there is stays until the link is used; it is good for twenty minutes.',
    success: { status: 204, description: 'The mail is on its way.' },
    run: async ({ by, params }) => {
      done(await startResetAs(deps, by, params));
      return { status: 204 };
    },
  }),
  operation({
    ...of,
    id: 'resetFactors',
    method: 'DELETE',
    path: `${PATH}/factors`,
    needs: 'accounts:factors',
    summary: 'Take every second factor of an account',
    description: 'For who has lost them all. Its owner is told by mail.',
    success: { status: 204, description: 'It has none.' },
    run: async ({ by, params }) => {
      done(await resetFactorsAs(deps, by, params));
      return { status: 204 };
    },
  }),
  operation({
    ...of,
    id: 'exportAccount',
    // It leaves an event, so it is no mere reading.
    path: `${PATH}/export`,
    needs: 'accounts:delete',
    summary: 'Everything that is kept about an account',
    success: {
      status: 200,
      description: 'Its data, without secrets.',
      schema: z.looseObject({ exported_at: z.string() }).meta({ id: 'AccountExport' }),
    },
    run: async ({ by, params }) => ({ status: 200, body: done(await exportAccountAs(deps, by, params))?.data }),
  }),
];
