// How this person proves who they are, at one glance: password, authenticators, recovery codes, trusted devices.
import { findPasswordChange } from '../../accounts/password-age.ts';
import { MOST_AUTHENTICATORS } from '../../second-factors/add-authenticator.ts';
import { FEW_CODES, findRecoveryCodeSet } from '../../second-factors/recovery-codes.ts';
import { listAuthenticators } from '../../second-factors/totp-secrets.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import type { AccountStep } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';
import { NEW_AUTHENTICATOR_PATH, RECOVERY_CODES_PATH, removePath, renamePath } from './paths.ts';

export const showSecurity =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { id } = me.account;
    const authenticators = await listAuthenticators(deps.db, id);
    const codes = await findRecoveryCodeSet(deps.db, id);
    const left = codes?.left ?? 0;
    await showAccountPage(deps, ctx, {
      view: 'security',
      title: 'factors.security.title',
      lead: 'factors.security.lead',
      current: 'security',
      me,
      locals: {
        passwordChangedAt: await findPasswordChange(deps.db, id),
        passwordHref: pageIfThere(deps, `${ACCOUNT_PATH}/password`),
        devicesHref: pageIfThere(deps, `${ACCOUNT_PATH}/devices`),
        authenticators: authenticators.map((each) => ({
          ...each,
          renameHref: renamePath(each.id),
          removeHref: removePath(each.id),
        })),
        addHref: authenticators.length < MOST_AUTHENTICATORS ? NEW_AUTHENTICATOR_PATH : undefined,
        most: MOST_AUTHENTICATORS,
        recoveryCodes: { left, madeAt: codes?.madeAt, areFew: left <= FEW_CODES, href: RECOVERY_CODES_PATH },
      },
    });
  };

const pageIfThere = ({ isPage }: AccountDeps, path: string): string | undefined => (isPage(path) ? path : undefined);
