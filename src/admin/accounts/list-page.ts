// All accounts: found by how a word of theirs begins, narrowed by status, role and group, a page at a time.
import type Koa from 'koa';
import { takesInvitations } from '../../accounts/accept-invitation.ts';
import { ACCOUNT_STATUSES, type Account, type AccountStatus } from '../../accounts/account.ts';
import { readAccountCursor } from '../../administration/account-search/cursor.ts';
import { ACCOUNT_SORTS, type AccountSort } from '../../administration/account-search/orders.ts';
import { type AccountPage, searchAccounts } from '../../administration/search-accounts.ts';
import { textsFor } from '../../http/page.ts';
import { namesOfGroups, namesOfRoles } from '../../roles/names.ts';
import type { MessageKey, Texts } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { showAdminPage } from '../page.ts';
import { pagerOf, placeIn } from '../pager.ts';
import { addressWith, oneOf, wordIn } from '../query.ts';
import { ACCOUNTS_PATH, accountPath, CREATE_PATH, INVITE_PATH } from './paths.ts';
import { statusBadge } from './status.ts';

const PAGE_ACCOUNTS = 50;

export const showAccounts =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const asked = askedOf(ctx);
    const after = readAccountCursor(ctx.query['after']);
    const page = await searchAccounts(deps, { ...asked, after, limit: PAGE_ACCOUNTS });
    const isPlace = (text: string) => readAccountCursor(text)?.by === asked.sort;
    const t = textsFor(ctx);
    const pager = pagerOf(ctx, {
      path: ACCOUNTS_PATH,
      words: { ...asked },
      name: 'after',
      place: placeIn(ctx, 'after', isPlace),
      next: page.next,
      isPlace,
    });
    await showAdminPage(deps, ctx, {
      view: 'accounts/list',
      title: 'accounts.title',
      lead: 'accounts.lead',
      current: 'accounts',
      admin,
      locals: {
        ...(await filtersShown(deps, t, asked)),
        ...listShown(t, asked, page),
        ...onward(t, page, pager),
        createHref: CREATE_PATH,
        inviteHref: takesInvitations(deps.config) ? INVITE_PATH : undefined,
      },
    });
  };

interface Asked {
  readonly q: string | undefined;
  readonly status: AccountStatus | undefined;
  readonly role: string | undefined;
  readonly group: string | undefined;
  readonly sort: AccountSort;
}

/** What no list has is as if it were not there. */
const askedOf = (ctx: Koa.Context): Asked => ({
  q: wordIn(ctx, 'q'),
  status: oneOf(ACCOUNT_STATUSES, wordIn(ctx, 'status')),
  role: wordIn(ctx, 'role'),
  group: wordIn(ctx, 'group'),
  sort: oneOf(ACCOUNT_SORTS, wordIn(ctx, 'sort')) ?? 'newest',
});

async function filtersShown({ db }: AdminDeps, t: Texts, asked: Asked) {
  const { q, status, role, group, sort } = asked;
  const any = (label: MessageKey) => ({ value: '', label: t(label) });
  const named = (names: readonly string[], chosen: string | undefined) =>
    [...new Set([...names, ...(chosen === undefined ? [] : [chosen])])].map((name) => ({ value: name, label: name }));
  return {
    action: ACCOUNTS_PATH,
    clear: [q, status, role, group].some((word) => word !== undefined) ? ACCOUNTS_PATH : undefined,
    asked,
    statuses: [
      any('accounts.filter.any_status'),
      ...ACCOUNT_STATUSES.map((value) => ({ value, label: t(`accounts.status.${value}`) })),
    ],
    roles: [any('accounts.filter.any_role'), ...named(await namesOfRoles(db), role)],
    groups: [any('accounts.filter.any_group'), ...named(await namesOfGroups(db), group)],
    sorts: ACCOUNT_SORTS.map((value) => ({ value, label: t(`accounts.sort.${value}`) })),
    sort,
  };
}

function listShown(t: Texts, asked: Asked, { accounts }: AccountPage) {
  const isFiltered = [asked.q, asked.status, asked.role, asked.group].some((word) => word !== undefined);
  return {
    heads: headsOf(t, asked),
    accounts: accounts.map((account) => shown(t, account)),
    empty: t(isFiltered ? 'accounts.none_found' : 'accounts.none'),
  };
}

/** A page that is not full says why, with its way on. */
function onward(t: Texts, { accounts, lookedAt }: AccountPage, pager: ReturnType<typeof pagerOf>) {
  if (lookedAt === undefined || pager.older === undefined) return { pager };
  const text = t(accounts.length === 0 ? 'accounts.looked_at.none' : 'accounts.looked_at.some', {
    looked: t.number(lookedAt),
  });
  return { pager: { ...pager, older: undefined }, goOn: { text, href: pager.older } };
}

/** The other way round where the list is in this order already. */
function headsOf(t: Texts, asked: Asked) {
  const head = (label: MessageKey, ascending: AccountSort, descending: AccountSort, first: AccountSort) => {
    const is = asked.sort === ascending ? 'ascending' : asked.sort === descending ? 'descending' : undefined;
    const other = is === undefined ? first : is === 'ascending' ? descending : ascending;
    return { label: t(label), sort: { is, href: addressWith(ACCOUNTS_PATH, { ...asked, sort: other }) } };
  };
  return [
    head('accounts.head.account', 'email', 'email_desc', 'email'),
    { label: t('accounts.head.status') },
    head('accounts.head.last_sign_in', 'longest_away', 'last_sign_in', 'last_sign_in'),
    head('accounts.head.created', 'oldest', 'newest', 'newest'),
  ];
}

const shown = (t: Texts, account: Account) => ({
  href: accountPath(account.id),
  email: account.email,
  name: [account.displayName, account.username].filter((word) => word !== undefined).join(' · '),
  status: statusBadge(t, account),
  lastSignInAt: account.lastSignInAt,
  createdAt: account.createdAt,
});
