// The first page of the console: what happened over the last weeks, and what wants attention.
import { type Attention, attention } from '../administration/attention.ts';
import { type Counted, type DayFigures, figuresByDay } from '../figures/hourly-figures.ts';
import { languageOf } from '../http/language.ts';
import { textsFor } from '../http/page.ts';
import { dayOfYear } from '../texts/dates.ts';
import type { CountedKey, MessageKey, Texts } from '../texts/messages.ts';
import type { AdminDeps } from './deps.ts';
import type { AdminStep } from './in-console.ts';
import { type AdminPage, pathOf } from './navigation.ts';
import { barChart } from './overview-chart.ts';
import { showAdminPage } from './page.ts';

const DAYS = 30;

const SERIES: readonly { readonly label: MessageKey; readonly of: readonly Counted[] }[] = [
  { label: 'admin.overview.sign_ins', of: ['sign_in.succeeded'] },
  { label: 'admin.overview.failures', of: ['sign_in.failed', 'second_factor.failed'] },
  { label: 'admin.overview.new_accounts', of: ['account.registered', 'account.created'] },
];

export const showOverview =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const t = textsFor(ctx);
    const days = admin.may.has('accounts:read') ? await figuresByDay(deps, DAYS) : [];
    const wanted = await attention(deps, admin.may);
    const dayName = (day: Date) => dayOfYear(languageOf(ctx), day);
    await showAdminPage(deps, ctx, {
      view: 'overview',
      title: 'admin.overview.title',
      lead: 'admin.overview.lead',
      current: 'overview',
      admin,
      locals: {
        attention: wanted.map((item) => ({ text: said(t, item), href: placeOf(deps, item) })),
        charts: days.length === 0 ? [] : SERIES.map((series) => chartOf(t, { days, dayName, ...series })),
        days: days.map(({ day, counts }) => ({
          day: dayName(day),
          counts: SERIES.map(({ of }) => t.number(total(counts, of))),
        })),
      },
    });
  };

const total = (counts: DayFigures['counts'], of: readonly Counted[]): number =>
  of.reduce((sum, event) => sum + counts[event], 0);

function chartOf(
  t: Texts,
  {
    days,
    dayName,
    label,
    of,
  }: {
    days: readonly DayFigures[];
    dayName: (day: Date) => string;
    label: MessageKey;
    of: readonly Counted[];
  },
) {
  const values = days.map(({ counts }) => total(counts, of));
  return {
    label: t(label),
    today: t.number(values.at(-1) ?? 0),
    sum: t.number(values.reduce((sum, value) => sum + value, 0)),
    from: dayName(days[0]?.day ?? new Date(0)),
    ...barChart(values),
  };
}

function said(t: Texts, item: Attention): string {
  switch (item.kind) {
    case 'clients_outdated':
      return t.count('admin.attention.clients_outdated', item.problems);
    case 'roles_outdated':
      return t('admin.attention.roles_outdated');
    case 'restart_needed':
      return t('admin.attention.restart_needed');
    case 'server_file_invalid':
      return t('admin.attention.server_file_invalid');
    case 'secret_expired':
      return t('admin.attention.secret_expired', { client: item.clientId });
    case 'secret_expires':
      return t('admin.attention.secret_expires', { client: item.clientId, days: t.count(DAYS_LEFT, item.days) });
    case 'mails_given_up':
      return t.count('admin.attention.mails_given_up', item.mails);
    case 'apps_not_told':
      return t.count('admin.attention.apps_not_told', item.notices);
    case 'key_old':
      return t.count('admin.attention.key_old', item.days);
  }
}

const DAYS_LEFT: CountedKey = 'admin.attention.days';

const PLACES: Readonly<Record<Attention['kind'], AdminPage>> = {
  clients_outdated: 'clients',
  roles_outdated: 'roles',
  restart_needed: 'configuration',
  server_file_invalid: 'configuration',
  secret_expired: 'clients',
  secret_expires: 'clients',
  mails_given_up: 'outbox',
  apps_not_told: 'clients',
  key_old: 'keys',
};

function placeOf({ isPage }: AdminDeps, { kind }: Attention): string | undefined {
  const path = pathOf(PLACES[kind]);
  return isPage(path) ? path : undefined;
}
