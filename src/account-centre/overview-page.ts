// The first page of the account centre: who I am, what wants my attention, and where to go from here.
import { listDevices } from '../devices/devices.ts';
import { textsFor } from '../http/page.ts';
import { countRecoveryCodes, FEW_CODES } from '../second-factors/recovery-codes.ts';
import { listAuthenticators } from '../second-factors/totp-secrets.ts';
import { connectedApps } from '../sessions/connected-apps.ts';
import { listSessions } from '../sessions/list-sessions.ts';
import { ACCOUNT_PATH } from '../signed-in/paths.ts';
import type { AccountStep, SignedIn } from '../signed-in/signed-in.ts';
import type { CountedKey, MessageKey, Texts } from '../texts/messages.ts';
import type { AccountDeps } from './deps.ts';
import { showAccountPage } from './page.ts';

export const showOverview =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { account } = me;
    const t = textsFor(ctx);
    const held = await heldBy(deps, account.id);
    const places = PLACES.filter(({ path }) => deps.isPage(path));
    await showAccountPage(deps, ctx, {
      view: 'overview',
      title: 'account.overview.title',
      lead: 'account.overview.lead',
      current: 'overview',
      me,
      locals: {
        email: account.email,
        person: account.displayName,
        username: account.username,
        lastSignInAt: account.lastSignInAt,
        attention: wantsAttention(t, me, held).map(({ text, path }) => ({
          text,
          href: deps.isPage(path) ? path : undefined,
        })),
        places: places.map(({ path, label, counts }) => ({
          href: path,
          label: t(label),
          said: counts.map(({ text, of }) => t.count(text, held[of])),
        })),
      },
    });
  };

interface Held {
  readonly sessions: number;
  readonly devices: number;
  readonly apps: number;
  readonly authenticators: number;
  readonly codes: number;
}

async function heldBy(deps: AccountDeps, accountId: string): Promise<Held> {
  const { config, db } = deps;
  return {
    sessions: (await listSessions({ ...deps, limits: config.sessions }, accountId)).length,
    devices: (await listDevices(deps, accountId)).length,
    apps: (await connectedApps(deps, accountId)).length,
    authenticators: (await listAuthenticators(db, accountId)).length,
    codes: await countRecoveryCodes(db, accountId),
  };
}

interface Place {
  readonly path: string;
  readonly label: MessageKey;
  readonly counts: readonly { readonly text: CountedKey; readonly of: keyof Held }[];
}

const PLACES: readonly Place[] = [
  {
    path: `${ACCOUNT_PATH}/security`,
    label: 'account.menu.security',
    counts: [
      { text: 'account.overview.authenticators', of: 'authenticators' },
      { text: 'account.overview.codes', of: 'codes' },
    ],
  },
  {
    path: `${ACCOUNT_PATH}/sessions`,
    label: 'account.menu.sessions',
    counts: [{ text: 'account.overview.sessions', of: 'sessions' }],
  },
  {
    path: `${ACCOUNT_PATH}/devices`,
    label: 'account.menu.devices',
    counts: [{ text: 'account.overview.devices', of: 'devices' }],
  },
  {
    path: `${ACCOUNT_PATH}/apps`,
    label: 'account.menu.apps',
    counts: [{ text: 'account.overview.apps', of: 'apps' }],
  },
];

/** What could lock this person out, or let somebody else in. */
function wantsAttention(t: Texts, { account }: SignedIn, { authenticators, codes }: Held) {
  const security = `${ACCOUNT_PATH}/security`;
  return [
    ...(account.emailVerified ? [] : [{ text: t('account.attention.unverified'), path: `${ACCOUNT_PATH}/email` }]),
    ...(authenticators > 0 ? [] : [{ text: t('account.attention.no_factor'), path: security }]),
    ...(authenticators === 0 || codes > FEW_CODES
      ? []
      : [{ text: t.count('account.attention.few_codes', codes), path: security }]),
  ];
}
