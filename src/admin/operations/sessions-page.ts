// Who is signed in, last used first, and ending it there.
import { z } from 'zod';
import { endSessionAs } from '../../administration/accounts/end-sessions-as.ts';
import { languageOf } from '../../http/language.ts';
import { textsFor } from '../../http/page.ts';
import { nothingThere } from '../../http/refusals.ts';
import { isSessionPlace, recentSessions } from '../../sessions/recent-sessions.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { deviceLabel } from '../../texts/device-name.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { pathOf } from '../navigation.ts';
import { showAdminPage } from '../page.ts';
import { pagerOf, placeIn } from '../pager.ts';
import { refusalNotice } from './refusal-notice.ts';

export const SESSIONS_PATH = pathOf('sessions');

const PAGE_SESSIONS = 50;

const form = z.strictObject({ csrf: z.string().optional(), account: z.string().min(1).max(255) });

export const showSessions =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const before = placeIn(ctx, 'before', isSessionPlace);
    const { sessions, older } = await recentSessions(deps, { limit: PAGE_SESSIONS, before });
    await showAdminPage(deps, ctx, {
      view: 'operations/sessions',
      title: 'admin.sessions.title',
      lead: 'admin.sessions.lead',
      current: 'sessions',
      admin,
      locals: {
        sessions: sessions.map((session) => ({
          email: session.email,
          accountId: session.accountId,
          href: admin.may.has('accounts:read') ? accountPath(session.accountId) : undefined,
          device: deviceLabel(textsFor(ctx), session.userAgent),
          address: session.address,
          place: deps.placeOf(session.address, languageOf(ctx)),
          since: session.since,
          lastSeenAt: session.lastSeenAt,
          end: admin.may.has('sessions:end') ? `${SESSIONS_PATH}/${session.handle}/end` : undefined,
        })),
        pager: pagerOf(ctx, {
          path: SESSIONS_PATH,
          name: 'before',
          place: before,
          next: older,
          isPlace: isSessionPlace,
        }),
      },
    });
  };

export const submitEndSession =
  (deps: AdminDeps): AdminStep =>
  async (ctx, { me, by }) => {
    const { account: accountId } = await readAccountForm(deps, ctx, { me, form });
    const outcome = await endSessionAs(deps, by, { accountId, handle: String(ctx.params['handle']) });
    if (outcome.outcome === 'unknown') throw nothingThere();
    backTo(ctx, SESSIONS_PATH, outcome.outcome === 'done' ? 'admin.sessions.ended' : refusalNotice(outcome));
  };

const accountPath = (id: string): string => `${pathOf('accounts')}/${encodeURIComponent(id)}`;
