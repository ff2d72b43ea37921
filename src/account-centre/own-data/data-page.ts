// Everything we hold about a person, to take along; and the way out.
import { z } from 'zod';
import { recordEvent } from '../../audit/audit-log.ts';
import { sourceOf } from '../../http/request-source.ts';
import { exportAccount } from '../../leaving/export-account.ts';
import { readAccountForm } from '../../signed-in/form.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import type { AccountStep } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';

export const DATA_PATH = `${ACCOUNT_PATH}/data`;

const form = z.object({ csrf: z.string().optional() });

export const showData =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await showAccountPage(deps, ctx, {
      view: 'data',
      title: 'data.title',
      lead: 'data.lead',
      current: 'data',
      me,
      locals: { download: `${DATA_PATH}/download` },
    });
  };

/** A form, since it is written down that it was done. */
export const submitDownload =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form });
    const data = await exportAccount(deps, me.account);
    const accountId = me.account.id;
    await recordEvent(deps, { event: 'account.data_downloaded', accountId, source: sourceOf(ctx) });
    ctx.attachment(`account-${deps.clock.now().toISOString().slice(0, 10)}.json`);
    ctx.type = 'application/json';
    ctx.body = `${JSON.stringify(data, undefined, 2)}\n`;
  };
