// Mails that have not been delivered: another try, or none.
import { z } from 'zod';
import { dropMailAs, retryMailAs } from '../../administration/mails-as.ts';
import { isMailPlace } from '../../mail/mail-place.ts';
import { type ListedMail, listMails } from '../../mail/outbox.ts';
import type { ApiDeps } from '../deps.ts';
import { moment, name, said } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { page, pageFields, pageOf } from '../pages.ts';
import { foreignCursor } from '../read-request.ts';

const mailSchema = z
  .object({
    id: z.string(),
    message: z.string().describe('Which: reset_password …'),
    to: z.string(),
    account_id: z.string().nullable(),
    language: z.string(),
    state: z.enum(['waiting', 'given_up']),
    attempts: z.int(),
    created_at: moment,
    next_attempt_at: moment.nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'Mail', description: 'Without its text, which may hold a link that opens something.' });

const params = z.object({ mail: name });

export const mailOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listMails',
    method: 'GET',
    path: '/outbox',
    needs: 'outbox:read',
    tag: 'Server',
    summary: 'Mails that have not been delivered, the oldest first',
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of them.', schema: pageOf(mailSchema) },
    run: async ({ query }) => {
      const { limit, cursor: after } = query;
      if (after !== undefined && !isMailPlace(after)) throw foreignCursor();
      // One more than is asked for says whether there are more.
      const mails = await listMails(deps.db, { limit: limit + 1, after });
      const items = mails.slice(0, limit).map(shown);
      return page('/outbox', query, { items, next: mails.length > limit ? mails[limit - 1]?.place : undefined });
    },
  }),
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

const shown = (mail: ListedMail) => ({
  id: mail.id,
  message: mail.name,
  to: mail.to,
  account_id: mail.accountId ?? null,
  language: mail.language,
  state: mail.state,
  attempts: mail.attempts,
  created_at: mail.createdAt.toISOString(),
  next_attempt_at: said(mail.nextAttemptAt),
  last_error: mail.lastError ?? null,
});
