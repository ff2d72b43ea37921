// How the server is doing: what wants attention, figures by the day, and the configuration in force.
import { z } from 'zod';
import { attention } from '../../administration/attention.ts';
import { describeSettings } from '../../config/effective/settings.ts';
import { COUNTED, figuresByDay } from '../../figures/hourly-figures.ts';
import type { ApiDeps } from '../deps.ts';
import { moment } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';

const wanted = z
  .object({
    kind: z.string().describe('clients_outdated, secret_expires, mails_given_up …'),
    client_id: z.string().optional(),
    problems: z.int().optional(),
    since: moment.optional(),
    days: z.int().optional(),
    mails: z.int().optional(),
    notices: z.int().optional(),
  })
  .meta({ id: 'Attention' });

const figures = z
  .object({
    day: z.iso.date().describe('UTC.'),
    counts: z.object(Object.fromEntries(COUNTED.map((name) => [name, z.int()]))),
  })
  .meta({ id: 'DayFigures' });

const settings = z
  .object({
    state: z
      .enum(['current', 'needs_restart', 'invalid'])
      .describe('Whether gatehouse.yaml still says what is in force.'),
    settings: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
      .describe('By the keys and in the units of gatehouse.yaml.'),
  })
  .meta({ id: 'Configuration' });

export const serverOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listAttention',
    method: 'GET',
    path: '/attention',
    needs: 'config:read',
    tag: 'Server',
    summary: 'What wants attention, the gravest first',
    description: 'Only what the client may see the reason of.',
    success: { status: 200, description: 'All of it.', schema: z.object({ items: z.array(wanted) }) },
    run: async ({ may }) => {
      const items = (await attention(deps, may)).map((item) => {
        const { clientId, since, ...rest } = { clientId: undefined, since: undefined, ...item };
        return { ...rest, ...(clientId && { client_id: clientId }), ...(since && { since: since.toISOString() }) };
      });
      return { status: 200, body: { items } };
    },
  }),
  operation({
    id: 'listFigures',
    method: 'GET',
    path: '/figures',
    needs: 'accounts:read',
    tag: 'Server',
    summary: 'Sign-ins, failures and new accounts by the day, the oldest first',
    query: z.strictObject({ days: z.coerce.number().int().min(1).max(400).default(30) }),
    success: { status: 200, description: 'Today is the last.', schema: z.object({ items: z.array(figures) }) },
    run: async ({ query: { days } }) => {
      const items = (await figuresByDay(deps, days)).map(({ day, counts }) => ({
        day: day.toISOString().slice(0, 10),
        counts,
      }));
      return { status: 200, body: { items } };
    },
  }),
  operation({
    id: 'getConfiguration',
    method: 'GET',
    path: '/configuration',
    needs: 'config:read',
    tag: 'Server',
    summary: 'The settings in force, with secrets masked',
    success: { status: 200, description: 'All of them.', schema: settings },
    run: async () => ({
      status: 200,
      body: { state: deps.live.status().server, settings: describeSettings(deps.config) },
    }),
  }),
];
