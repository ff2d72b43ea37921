// Browsers that this account is known by, and which of them are not asked for a code.
import { z } from 'zod';
import { findDevice, listDevices } from '../devices/devices.ts';
import { forgetAllDevices, forgetDevice } from '../devices/forget-device.ts';
import { deviceTokenOf } from '../http/device-cookie.ts';
import { languageOf } from '../http/language.ts';
import { textsFor } from '../http/page.ts';
import { notFound } from '../http/refusals.ts';
import { sourceOf } from '../http/request-source.ts';
import { backTo, readAccountForm } from '../signed-in/form.ts';
import type { AccountStep } from '../signed-in/signed-in.ts';
import { mediumDate } from '../texts/dates.ts';
import { deviceLabel } from '../texts/device-name.ts';
import type { AccountDeps } from './deps.ts';
import { showAccountPage } from './page.ts';

export const DEVICES_PATH = '/account/devices';

const form = z.object({ csrf: z.string().optional() });

export const showDevices =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const accountId = me.account.id;
    const own = await findDevice(deps, { accountId, token: deviceTokenOf(ctx) });
    const devices = await listDevices(deps, accountId);
    const [t, language] = [textsFor(ctx), languageOf(ctx)];
    await showAccountPage(deps, ctx, {
      view: 'devices',
      title: 'devices.title',
      lead: 'devices.lead',
      current: 'devices',
      me,
      locals: {
        devices: devices.map(({ id, userAgent, firstSeenAt, lastSeenAt, trustedUntil }) => ({
          name: deviceLabel(t, userAgent),
          isThis: id === own?.id,
          firstSeen: mediumDate(language, firstSeenAt),
          lastSeenAt,
          trustedUntil: trustedUntil && mediumDate(language, trustedUntil),
          forget: `${DEVICES_PATH}/${id}/forget`,
        })),
        forgetAll: `${DEVICES_PATH}/forget-all`,
      },
    });
  };

/** Somebody else's device is no device here. */
export const submitForgetDevice =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form });
    const device = { accountId: me.account.id, deviceId: String(ctx.params['id']), source: sourceOf(ctx) };
    if (!(await forgetDevice(deps, device))) return notFound(ctx, async () => undefined);
    backTo(ctx, DEVICES_PATH, 'devices.forgotten');
  };

export const submitForgetAllDevices =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form });
    await forgetAllDevices(deps, { accountId: me.account.id, source: sourceOf(ctx) });
    backTo(ctx, DEVICES_PATH, 'devices.all_forgotten');
  };
