// The keys that sign tokens, without their private parts; and replacing them before their time.
import { z } from 'zod';
import { revokeKeyAs, rotateKeysAs } from '../../administration/keys-as.ts';
import { nothingThere } from '../../http/refusals.ts';
import { changesAt } from '../../keys/coming.ts';
import { describeKeys } from '../../keys/signing-keys.ts';
import { ENDPOINTS } from '../../provider/paths.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { pathOf } from '../navigation.ts';
import { showAdminPage } from '../page.ts';
import { refusalNotice } from './refusal-notice.ts';

export const KEYS_PATH = pathOf('keys');

export const showKeys =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const keys = await describeKeys(deps.db);
    const mayRotate = admin.may.has('keys:rotate');
    await showAdminPage(deps, ctx, {
      view: 'operations/keys',
      title: 'admin.keys.title',
      lead: 'admin.keys.lead',
      current: 'keys',
      admin,
      locals: {
        keys: keys.map((key) => ({
          ...key,
          changesAt: changesAt(key, keys, deps.config.keys),
          revoke: mayRotate ? `${KEYS_PATH}/${key.kid}/revoke` : undefined,
        })),
        rotate: mayRotate ? `${KEYS_PATH}/rotate` : undefined,
        published: deps.config.issuer + ENDPOINTS.jwks,
      },
    });
  };

/** Two ways: once every app can know the next keys, or at once. */
export const showRotate =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const { publishAheadSeconds } = deps.config.keys;
    await showAdminPage(deps, ctx, {
      view: 'operations/rotate-keys',
      title: 'admin.keys.rotate.title',
      current: 'keys',
      admin,
      locals: {
        action: `${KEYS_PATH}/rotate`,
        cancel: KEYS_PATH,
        signsFrom: new Date(deps.clock.now().getTime() + publishAheadSeconds * 1000),
      },
    });
  };

const rotateForm = z.strictObject({ csrf: z.string().optional(), when: z.enum(['known', 'now']) });

export const submitRotate =
  (deps: AdminDeps): AdminStep =>
  async (ctx, { me, by }) => {
    const { when } = await readAccountForm(deps, ctx, { me, form: rotateForm });
    const answer = await rotateKeysAs(deps, by, { now: when === 'now' });
    if (answer.outcome === 'done') await deps.followKeys();
    const said = when === 'now' ? 'admin.keys.rotated_now' : 'admin.keys.rotated';
    backTo(ctx, KEYS_PATH, answer.outcome === 'done' ? said : refusalNotice(answer));
  };

export const showRevoke =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const key = (await describeKeys(deps.db)).find(({ kid }) => kid === ctx.params['kid']);
    if (key === undefined) throw nothingThere();
    await showAdminPage(deps, ctx, {
      view: 'operations/revoke-key',
      title: 'admin.keys.revoke.title',
      current: 'keys',
      admin,
      locals: { key, action: `${KEYS_PATH}/${key.kid}/revoke`, cancel: KEYS_PATH },
    });
  };

const revokeForm = z.strictObject({ csrf: z.string().optional() });

export const submitRevoke =
  (deps: AdminDeps): AdminStep =>
  async (ctx, { me, by }) => {
    await readAccountForm(deps, ctx, { me, form: revokeForm });
    const answer = await revokeKeyAs(deps, by, { kid: String(ctx.params['kid']) });
    if (answer.outcome === 'unknown') throw nothingThere();
    if (answer.outcome === 'done') await deps.followKeys();
    backTo(ctx, KEYS_PATH, answer.outcome === 'done' ? 'admin.keys.revoked' : refusalNotice(answer));
  };
