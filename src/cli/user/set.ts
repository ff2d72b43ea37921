// gatehouse user set: name, standard claims and attributes of an account, as an operator may change them.
import { changeAccountAs } from '../../administration/accounts/change-account-as.ts';
import type { Problem } from '../../administration/outcomes.ts';
import type { ProfileChange } from '../../profiles/change-profile.ts';
import { PROFILE_CLAIMS, type ProfileClaim } from '../../profiles/profile-claims.ts';
import { textsIn } from '../../texts/messages.ts';
import { OPERATOR } from '../access/operator.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { notFound, requireAccount } from './require-account.ts';

/** Each of `assignments` is `field=value`; nothing after the sign takes the value away. Several entries: `a|b`. */
export async function setUserFields(
  invocation: Invocation,
  { who, assignments }: { who: string; assignments: readonly string[] },
): Promise<Answer> {
  const config = commandConfig(invocation);
  const changes = changeFrom(assignments, [...config.attributes.keys()]);
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const changed = await changeAccountAs({ ...deps, config }, OPERATOR, { accountId: id, changes });
    switch (changed.outcome) {
      case 'done': {
        const { fields } = changed;
        return { result: { id, email, changed: fields }, text: `${email}: changed ${fields.join(', ')}.` };
      }
      case 'unchanged':
        return { result: { id, email, changed: [] }, text: `${email} is as it was.` };
      case 'invalid':
        throw new CommandFailed('invalid', refusal(email, changed.problems));
      default:
        throw notFound(who);
    }
  });
}

function changeFrom(assignments: readonly string[], attributes: readonly string[]): ProfileChange {
  const claims: Partial<Record<ProfileClaim, string>> = {};
  const declared: Record<string, string> = {};
  let name: string | undefined;
  for (const assignment of assignments) {
    const [, field = '', value = ''] = /^([a-z][a-z0-9_]*)=(.*)$/s.exec(assignment) ?? [];
    if (field === 'name') name = value;
    else if (isClaim(field)) claims[field] = value;
    else if (attributes.includes(field)) declared[field] = value.replaceAll('|', '\n');
    else throw new CommandFailed('invalid', unknownField(assignment, attributes));
  }
  return { name, claims, attributes: declared };
}

const isClaim = (field: string): field is ProfileClaim => (PROFILE_CLAIMS as readonly string[]).includes(field);

const unknownField = (assignment: string, attributes: readonly string[]): string =>
  `Expected field=value, found ${quoted(assignment)}. Fields: ${['name', ...PROFILE_CLAIMS].join(', ')}${
    attributes.length === 0 ? '' : `; attributes of gatehouse.yaml: ${attributes.join(', ')}`
  }.`;

function refusal(email: string, problems: readonly Problem[]): string {
  const t = textsIn('en');
  const lines = problems.map(({ field, key, values }) => `\n  ${field}: ${t(key, values)}`);
  return `Nothing of ${email} was changed:${lines.join('')}`;
}
