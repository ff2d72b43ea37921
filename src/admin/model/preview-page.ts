// What an app would read of a person, and where each claim comes from: made by the code that issues.
import { findNamedAccount } from '../../accounts/finding/named-account.ts';
import { recordEvent } from '../../audit/audit-log.ts';
import { textsFor } from '../../http/page.ts';
import type { Origin } from '../../provider/preview/origins.ts';
import {
  type Preview,
  type PreviewedClaims,
  previewClaims,
  type ShownPreview,
} from '../../provider/preview/preview-claims.ts';
import type { Texts } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { showAdminPage } from '../page.ts';
import { wordIn } from '../query.ts';
import { type NotOneAccount, notOneAccountSaid } from './not-one-account.ts';
import { PREVIEW_PATH } from './paths.ts';

export const showPreview =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const t = textsFor(ctx);
    const asked = {
      user: wordIn(ctx, 'user'),
      client: wordIn(ctx, 'client'),
      scope: wordIn(ctx, 'scope'),
      resource: wordIn(ctx, 'resource'),
    };
    const preview = await previewAsked(deps, admin.by, asked);
    const shown = preview?.outcome === 'shown' ? tokensShown(t, preview) : undefined;
    if (preview !== undefined && shown === undefined) ctx.status = 400;
    await showAdminPage(deps, ctx, {
      view: 'model/preview',
      title: 'model.preview.title',
      lead: 'model.preview.lead',
      current: 'preview',
      admin,
      locals: {
        action: PREVIEW_PATH,
        asked,
        clients: clientOptions(deps),
        resources: resourceOptions(t, deps),
        trouble: preview === undefined || preview.outcome === 'shown' ? undefined : troubleSaid(t, preview, asked),
        shown,
      },
    });
  };

interface Asked {
  readonly user: string | undefined;
  readonly client: string | undefined;
  readonly scope: string | undefined;
  readonly resource: string | undefined;
}

type Answer = Preview | { readonly outcome: 'not_one_account'; readonly named: NotOneAccount };

/** Undefined until somebody and an app are named. */
async function previewAsked(
  deps: AdminDeps,
  by: AtConsole['by'],
  { user, client, scope, resource }: Asked,
): Promise<Answer | undefined> {
  if (user === undefined || client === undefined) return undefined;
  const named = await findNamedAccount(deps.db, user);
  if (named.outcome !== 'found') return { outcome: 'not_one_account', named };
  const { account } = named;
  const preview = await previewClaims(deps, { accountId: account.id, clientId: client, scope, resource });
  if (preview.outcome === 'shown') {
    await recordEvent(deps, {
      event: 'claims.previewed',
      accountId: account.id,
      clientId: client,
      actor: `account:${by.accountId}`,
      source: by.source,
      details: { scope: preview.scope, resource: preview.audience },
    });
  }
  return preview;
}

const clientOptions = ({ live }: AdminDeps) =>
  [...live.current().values()]
    .filter(({ preset }) => preset !== 'service')
    .map(({ clientId, clientName }) => ({ value: clientId, label: clientName }));

const resourceOptions = (t: Texts, { config }: AdminDeps) => [
  { value: '', label: t('model.preview.no_resource') },
  ...[...config.resources.values()].map(({ audience, name }) => ({ value: audience, label: name })),
];

function troubleSaid(t: Texts, preview: Exclude<Answer, ShownPreview>, { user = '' }: Asked): string {
  switch (preview.outcome) {
    case 'not_one_account':
      return notOneAccountSaid(t, { who: user, named: preview.named });
    case 'unknown_account':
      return t('model.preview.unknown_account');
    case 'unknown_client':
    case 'nobody_signs_in':
      return t('model.preview.unknown_client');
    case 'scope_not_allowed':
      return t('model.preview.scope_not_allowed', { words: t.list(preview.words), allowed: preview.allowed.join(' ') });
    case 'resource_not_allowed':
      return t('model.preview.resource_not_allowed', { allowed: t.list(preview.allowed) });
  }
}

function tokensShown(t: Texts, preview: ShownPreview) {
  const { idToken, accessToken, userinfo, rights } = preview;
  const token = (title: string, claims: PreviewedClaims | undefined) =>
    claims === undefined ? [] : [{ title, claims: claimsShown(t, claims) }];
  return {
    person: preview.account.email,
    refused: preview.refusal === undefined ? undefined : t('model.preview.refused'),
    secondFactor: preview.secondFactor !== undefined,
    terms: preview.terms === 'ask',
    scope: preview.scope,
    audience: preview.audience,
    tokens: [
      ...token(t('model.preview.id_token'), idToken),
      ...token(t('model.preview.access_token'), accessToken),
      ...token(t('model.preview.userinfo'), userinfo),
    ],
    perSignIn: preview.perSignIn.join(', '),
    roles: rights.roles.map(({ role, ways, shownAs }) => ({
      role,
      shownAs,
      why: ways.map(({ group, path }) =>
        group === undefined
          ? t('model.why.direct', { role: path.join(' → ') })
          : t('model.why.group', { group, role: path.join(' → ') }),
      ),
    })),
  };
}

const claimsShown = (t: Texts, { claims, origins }: PreviewedClaims) =>
  Object.entries(claims).map(([name, value]) => ({
    name,
    value: JSON.stringify(value, undefined, 1),
    from: originSaid(t, origins[name]),
  }));

function originSaid(t: Texts, origin: Origin | undefined): string {
  switch (origin?.from) {
    case 'account':
    case 'profile':
      return t('model.preview.from.account', { scope: origin.scope });
    case 'attribute':
      return t('model.preview.from.attribute', { attribute: origin.attribute, scope: origin.scope });
    case 'roles':
      return origin.names.length === 0
        ? t('model.preview.from.no_role')
        : t('model.preview.from.roles', { names: t.list(origin.names) });
    case 'permissions':
      return t('model.preview.from.permissions');
    case 'groups':
      return origin.names.length === 0
        ? t('model.preview.from.no_group')
        : t('model.preview.from.groups', { names: t.list(origin.names) });
    default:
      return t('model.preview.from.protocol');
  }
}
