// A plan for programs. Keys are those of the files; lists also say what is new in them and what is gone.
import type { ClientChange, SecretChange } from '../../clients/plan/compare-clients.ts';
import { type FieldChange, newItems } from '../../config/effective/described.ts';
import type { Cost } from '../../sessions/costs.ts';
import type { Comparison, Regression } from './comparison.ts';
import type { Plan } from './plan.ts';
import { rolesPlanResult } from './roles-plan.ts';

export const planResult = ({ comparisons, roles, accepted }: Plan) => ({
  valid: true,
  comparisons: comparisons.map((comparison) => comparisonResult(comparison)),
  roles: rolesPlanResult(roles),
  regressions: regressionsOf({ comparisons, roles }).map(({ id, subject, key, what, why }) => ({
    id,
    subject,
    key,
    what,
    why,
    accepted: accepted.has(id),
  })),
  nothing_to_accept: unusedAccepts({ comparisons, roles, accepted }),
});

/** What was accepted before it was there, or still is when it has long been in force. */
export const unusedAccepts = ({ accepted, ...found }: Plan): readonly string[] =>
  [...accepted].filter((accept) => regressionsOf(found).every(({ id }) => id !== accept));

/** Of all comparisons and of roles.yaml, each once. */
export function regressionsOf({ comparisons, roles }: Omit<Plan, 'accepted'>): readonly Regression[] {
  const all = [...comparisons.flatMap(({ regressions }) => regressions), ...roles.regressions];
  return all.filter(({ id, what }, index) => all.findIndex((each) => each.id === id && each.what === what) === index);
}

const comparisonResult = ({ processes, clients, costs, settings, elsewhere, ...rest }: Comparison) => ({
  processes: processes.map(({ process, version, startedAt, inForceSince, seenAt, isRunning }) => ({
    process,
    version,
    running: isRunning,
    started_at: startedAt,
    in_force_since: inForceSince,
    seen_at: seenAt,
  })),
  clients: clients.map((change) => clientResult(change, costs.get(change.clientId) ?? [])),
  settings: settings.map(fieldResult),
  settings_from_environment: elsewhere,
  master_secret_differs: rest.secretsDiffer,
  refused_until_restart: rest.refusedUntilRestart.map(({ file, line, path, message }) => ({
    file,
    line,
    path,
    message,
  })),
});

const clientResult = (change: ClientChange, costs: readonly Cost[]) => ({
  change: change.change,
  client_id: change.clientId,
  client_name: 'after' in change ? change.after.name : change.before.name,
  file: 'after' in change ? change.after.file : change.before.file,
  fields: 'fields' in change ? change.fields.map(fieldResult) : [],
  client_secrets: 'secrets' in change ? change.secrets.map(secretResult) : [],
  costs: costs.map(costResult),
});

const fieldResult = ({ key, before, after }: FieldChange) => ({
  key,
  before,
  after,
  ...(Array.isArray(before) || Array.isArray(after)
    ? { added: newItems(before, after), removed: newItems(after, before) }
    : {}),
});

const secretResult = (change: SecretChange) => ({
  change: change.change,
  fingerprint: 'after' in change ? change.after.fingerprint : change.before.fingerprint,
  before_expires: 'before' in change ? change.before.expires : undefined,
  after_expires: 'after' in change ? change.after.expires : undefined,
});

const costResult = (cost: Cost) =>
  cost.what === 'everything'
    ? {
        what: cost.what,
        grants: cost.grants,
        refresh_tokens: cost.refreshTokens,
        sessions: cost.sessions,
        consents: cost.consents,
        people: cost.people,
      }
    : cost;
