// A plan for people: + added, ~ changed, − removed, ! weaker than before.

import type { Served } from '../../clients/live/served-configurations.ts';
import type { ClientChange, SecretChange } from '../../clients/plan/compare-clients.ts';
import { type FieldChange, listOf, newItems, type Value } from '../../config/effective/described.ts';
import { formatProblems } from '../../config/problem.ts';
import type { Cost } from '../../sessions/costs.ts';
import { count, neutral } from '../output.ts';
import { type Comparison, type Regression, SERVER_FILE } from './comparison.ts';
import type { Plan } from './plan.ts';
import { regressionsOf, unusedAccepts } from './plan-result.ts';
import { ROLES_FILE, rolesPlanText } from './roles-plan.ts';

export const planText = ({ comparisons, roles, accepted }: Plan): string =>
  [
    ...manySets(comparisons),
    ...comparisons.flatMap((comparison) => [...comparisonLines(comparison), '']),
    ...rolesPlanText(roles),
    ...regressionLines(regressionsOf({ comparisons, roles }), accepted),
    ...unusedAccepts({ comparisons, roles, accepted }).map((id) => `Nothing to accept: ${neutral(id)}`),
  ]
    .join('\n')
    .trimEnd();

function manySets(comparisons: readonly Comparison[]): readonly string[] {
  if (comparisons.length === 1) return [];
  const processes = comparisons.reduce((sum, comparison) => sum + comparison.processes.length, 0);
  return [`${processes} processes serve ${comparisons.length} different sets. Each is compared with the files.`, ''];
}

function comparisonLines(comparison: Comparison): readonly string[] {
  const { clients, costs, settings, regressions } = comparison;
  const marks = (subject: string) =>
    new Set(regressions.flatMap((each) => (each.subject === subject ? [each.key] : [])));
  const lines = [
    ...clients.flatMap((change) => clientLines(change, costs.get(change.clientId) ?? [], marks(change.clientId))),
    ...(settings.length === 0 ? [] : [`${SERVER_FILE}, in force after the next restart:`]),
    ...settings.flatMap((change) => fieldLines(change, marks(SERVER_FILE), '~ ')),
    ...remarks(comparison),
  ];
  const against = comparedWith(comparison.processes);
  if (lines.length === 0) return [`No changes. ${against}.`];
  return [`${against}:`, ...lines.map((line) => `  ${line}`), summaryOf(comparison)];
}

function comparedWith(processes: readonly Served[]): string {
  const [first] = processes;
  if (first === undefined) return 'No server has run on this database yet, so everything is new';
  const names = processes.map(({ process, version }) => `${neutral(process)} (${neutral(version)})`).join(', ');
  return first.isRunning
    ? `Compared with what ${names} ${processes.length === 1 ? 'serves' : 'serve'} since ${moment(first.inForceSince)}`
    : `No server is running. Compared with what ${names} served last, at ${moment(first.seenAt)}`;
}

/** UTC, to the second. */
const moment = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;

const SIGN = { added: '+', changed: '~', removed: '−' } as const;

function clientLines(change: ClientChange, costs: readonly Cost[], marks: ReadonlySet<string>): readonly string[] {
  const side = 'after' in change ? change.after : change.before;
  const kind = change.change === 'added' ? ` (${shown(side.values['preset'] ?? null)})` : '';
  const head = `${SIGN[change.change]} ${change.clientId}${kind}  ${neutral(side.file)}`;
  if (change.change === 'removed') return [head, ...costs.map((cost) => `    ${costText(cost)}`)];
  const fields = change.fields.flatMap((field) => [
    ...fieldLines(field, marks, '  '),
    ...costs.filter((cost) => 'key' in cost && cost.key === field.key).map((cost) => `      ${costText(cost)}`),
    ...remarkOn(change.change, field).map((remark) => `      ${remark}`),
  ]);
  return [head, ...fields, ...secretLines(change, marks)];
}

/** `mark` stands before what is not weaker than before. */
function fieldLines({ key, before, after }: FieldChange, marks: ReadonlySet<string>, mark: string): readonly string[] {
  const start = `  ${marks.has(key) ? '! ' : mark}${key}`;
  if (!Array.isArray(before) && !Array.isArray(after)) return [`${start}: ${shown(before)} → ${shown(after)}`];
  const become = (old: Value, wanted: Value) => newItems(old, wanted).map((item) => neutral(item));
  const lines = [
    ...become(before, after).map((item) => `      + ${item}`),
    ...become(after, before).map((item) => `      − ${item}`),
  ];
  const whole = before === null || after === null ? `: ${list(before)} → ${list(after)}` : '';
  return [`${start}${whole}`, ...(whole === '' ? lines : [])];
}

const shown = (value: Value): string => (value === null ? 'nothing' : neutral(String(value)));
const list = (value: Value): string =>
  value === null ? 'unless stated' : `[${listOf(value).map(neutral).join(', ')}]`;

/** What follows, where there is nothing in the database to count. */
function remarkOn(kind: ClientChange['change'], { key, before, after }: FieldChange): readonly string[] {
  if (kind === 'added') return [];
  const gone = newItems(after, before).length > 0;
  if (key === 'redirect_uris' && gone) return ['sign-ins that name an address taken out are refused at once'];
  if (key === 'post_logout_redirect_uris' && gone) return ['sign-outs that name an address taken out end on our page'];
  if (key === 'token_endpoint_auth_method') return ['requests that authenticate as before fail at once'];
  if (key === 'allowed_origins' && gone) return ['scripts of an origin taken out are refused at once'];
  return [];
}

function secretLines(change: ClientChange, marks: ReadonlySet<string>): readonly string[] {
  const start = `  ${marks.has('client_secrets') ? '! ' : '  '}client_secrets`;
  if (change.change === 'added') {
    const number = change.after.secrets.length;
    return number === 0 ? [] : [`${start}: ${count(number, 'secret')}`];
  }
  if (change.change === 'removed' || change.secrets.length === 0) return [];
  return [start, ...change.secrets.map((secret) => `      ${secretText(secret)}`)];
}

function secretText(change: SecretChange): string {
  const until = (expires: string | null) =>
    expires === null ? 'without an end' : `until ${moment(new Date(expires))}`;
  if (change.change === 'added') return `+ ${change.after.fingerprint}, ${until(change.after.expires)}`;
  if (change.change === 'removed') return `− ${change.before.fingerprint}: requests with it fail at once`;
  return `~ ${change.after.fingerprint}: ${until(change.before.expires)} → ${until(change.after.expires)}`;
}

function costText(cost: Cost): string {
  switch (cost.what) {
    case 'everything': {
      const held = [
        counted(cost.grants, 'grant'),
        counted(cost.refreshTokens, 'refresh token'),
        counted(cost.consents, 'consent'),
        counted(cost.sessions, 'session'),
      ].flat();
      if (held.length === 0) return 'refused at once; nobody is signed in there';
      const whose = cost.people === 0 ? '' : ` of ${count(cost.people, 'person', 'people')}`;
      return `removes ${held.join(', ')}${whose}: refused at once, ended after 24 hours`;
    }
    case 'refresh_tokens':
      return `${count(cost.count, 'refresh token')} ${cost.count === 1 ? 'carries' : 'carry'} what goes`;
    case 'refused_people':
      return `${count(cost.count, 'person who has', 'people who have')} signed in there would be refused`;
  }
}

const counted = (number: number, what: string) => (number === 0 ? [] : [count(number, what)]);

function remarks({ elsewhere, secretsDiffer, refusedUntilRestart }: Comparison): readonly string[] {
  return [
    ...(secretsDiffer ? [`~ the master secret: ${OTHER_MASTER_SECRET}`] : []),
    ...(elsewhere.length === 0
      ? []
      : [
          `Not compared, as the server has it from its environment and this command does not: ${elsewhere.join(', ')}.`,
        ]),
    ...(refusedUntilRestart.length === 0 ? [] : [UNTIL_RESTART, ...formatProblems(refusedUntilRestart).split('\n')]),
  ];
}

const OTHER_MASTER_SECRET =
  'it is not the one that the server has. What is sealed could not be opened, and client secrets were not compared.';
const UNTIL_RESTART =
  'Restart first: until then the server knows another gatehouse.yaml, and refuses all of these client files because of';

function summaryOf({ clients, settings }: Comparison): string {
  if (clients.length + settings.length === 0) return 'No changes.';
  const number = (kind: ClientChange['change']) => clients.filter(({ change }) => change === kind).length;
  const parts = [
    `${count(number('added'), 'client')} to add`,
    `${number('changed')} to change`,
    `${number('removed')} to remove`,
    ...(settings.length === 0 ? [] : [`${count(settings.length, 'setting')} at the next restart`]),
  ];
  return `${parts.join(', ')}.`;
}

function regressionLines(regressions: readonly Regression[], accepted: ReadonlySet<string>): readonly string[] {
  if (regressions.length === 0) return [];
  return [
    `${count(regressions.length, 'regression')}, weaker than before:`,
    ...regressions.flatMap(({ id, subject, key, what, why }) => [
      `  ! ${subject}: ${subject === SERVER_FILE || subject === ROLES_FILE ? `${neutral(key)}: ` : ''}${neutral(what)}${accepted.has(id) ? ' (accepted)' : ''}`,
      `    ${why}`,
      ...(accepted.has(id) ? [] : [`    if it is meant: --accept ${id}`]),
    ]),
  ];
}
