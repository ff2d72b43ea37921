// Mails that have not been delivered: why, and another try, or none.
import { z } from 'zod';
import { dropMailAs, retryMailAs } from '../../administration/mails-as.ts';
import { textsFor } from '../../http/page.ts';
import { nothingThere } from '../../http/refusals.ts';
import { isMailPlace } from '../../mail/mail-place.ts';
import { countUndelivered, findUndelivered, type ListedMail, listMails } from '../../mail/outbox.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { pathOf } from '../navigation.ts';
import { showAdminPage } from '../page.ts';
import { pagerOf, placeIn } from '../pager.ts';
import { refusalNotice } from './refusal-notice.ts';

export const OUTBOX_PATH = pathOf('outbox');

const PAGE_MAILS = 50;

const form = z.strictObject({ csrf: z.string().optional() });

const UUID = /^[\w-]{1,64}$/;

export const showOutbox =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const after = placeIn(ctx, 'after', isMailPlace);
    const found = await listMails(deps.db, { limit: PAGE_MAILS + 1, after });
    const mails = found.slice(0, PAGE_MAILS);
    const last = found.length > PAGE_MAILS ? mails.at(-1)?.place : undefined;
    const { waiting, givenUp } = await countUndelivered(deps.db);
    const t = textsFor(ctx);
    await showAdminPage(deps, ctx, {
      view: 'operations/outbox',
      title: 'admin.outbox.title',
      lead: 'admin.outbox.lead',
      current: 'outbox',
      admin,
      locals: {
        waiting: t.number(waiting),
        givenUp: t.number(givenUp),
        mails: mails.map((mail) => shown(mail)),
        retryAll: admin.may.has('outbox:write') && mails.length > 0 ? `${OUTBOX_PATH}/retry` : undefined,
        pager: pagerOf(ctx, { path: OUTBOX_PATH, name: 'after', place: after, next: last, isPlace: isMailPlace }),
      },
    });
  };

/** Before it is dropped for good. */
export const showDrop =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const id = String(ctx.params['id']);
    const mail = UUID.test(id) ? await findUndelivered(deps.db, id) : undefined;
    if (mail === undefined) throw nothingThere();
    await showAdminPage(deps, ctx, {
      view: 'operations/drop-mail',
      title: 'admin.outbox.drop.title',
      current: 'outbox',
      admin,
      locals: { mail: shown(mail), action: `${OUTBOX_PATH}/${id}/drop`, cancel: OUTBOX_PATH },
    });
  };

export const submitRetry =
  (deps: AdminDeps): AdminStep =>
  async (ctx, { me, by }) => {
    await readAccountForm(deps, ctx, { me, form });
    const outcome = await retryMailAs(deps, by, { id: ctx.params['id'] });
    if (outcome.outcome === 'unknown') throw nothingThere();
    backTo(ctx, OUTBOX_PATH, outcome.outcome === 'done' ? 'admin.outbox.retried' : refusalNotice(outcome));
  };

export const submitDrop =
  (deps: AdminDeps): AdminStep =>
  async (ctx, { me, by }) => {
    await readAccountForm(deps, ctx, { me, form });
    const outcome = await dropMailAs(deps, by, { id: String(ctx.params['id']) });
    if (outcome.outcome === 'unknown') throw nothingThere();
    backTo(ctx, OUTBOX_PATH, outcome.outcome === 'done' ? 'admin.outbox.dropped' : refusalNotice(outcome));
  };

const shown = ({ id, to, name, createdAt, attempts, state, nextAttemptAt, lastError }: ListedMail) => ({
  to,
  message: name.replaceAll('_', ' '),
  createdAt,
  attempts,
  isGivenUp: state === 'given_up',
  nextAttemptAt,
  lastError,
  retry: `${OUTBOX_PATH}/${id}/retry`,
  drop: `${OUTBOX_PATH}/${id}/drop`,
});
