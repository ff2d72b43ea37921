// The keys that sign tokens, without their private parts.
import { describeKeys } from '../../keys/signing-keys.ts';
import { ENDPOINTS } from '../../provider/paths.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { pathOf } from '../navigation.ts';
import { showAdminPage } from '../page.ts';

export const KEYS_PATH = pathOf('keys');

export const showKeys =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    await showAdminPage(deps, ctx, {
      view: 'operations/keys',
      title: 'admin.keys.title',
      lead: 'admin.keys.lead',
      current: 'keys',
      admin,
      locals: { keys: await describeKeys(deps.db), published: deps.config.issuer + ENDPOINTS.jwks },
    });
  };
