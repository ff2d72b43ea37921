// Mails that have not been delivered: another try, or none.
import { z } from 'zod';
import { dropMailAs, retryMailAs } from '../../administration/mails-as.ts';
import type { ApiDeps } from '../deps.ts';
import { name } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';

const params = z.object({ mail: name });

export const mailOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'retryMails',
    method: 'POST',
    path: '/outbox/retry',
    needs: 'outbox:write',
    tag: 'Server',
    summary: 'Try all undelivered mails again now',
    success: { status: 200, description: 'How many.', schema: z.object({ mails: z.int() }) },
    run: async ({ by }) => ({ status: 200, body: { mails: done(await retryMailAs(deps, by, {}))?.mails ?? 0 } }),
  }),
  operation({
    id: 'retryMail',
    method: 'POST',
    path: '/outbox/:mail/retry',
    needs: 'outbox:write',
    tag: 'Server',
    summary: 'Try one mail again now, and for another 48 hours',
    params,
    success: { status: 204, description: 'It is due.' },
    run: async ({ by, params: { mail: id } }) => {
      done(await retryMailAs(deps, by, { id }));
      return { status: 204 };
    },
  }),
  operation({
    id: 'dropMail',
    method: 'DELETE',
    path: '/outbox/:mail',
    needs: 'outbox:write',
    tag: 'Server',
    summary: 'Never send a mail',
    params,
    success: { status: 204, description: 'It is gone.' },
    run: async ({ by, params: { mail: id } }) => {
      done(await dropMailAs(deps, by, { id }));
      return { status: 204 };
    },
  }),
];
