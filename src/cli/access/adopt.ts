// gatehouse role adopt, group adopt, permission adopt: what was made by hand is handed over to roles.yaml.
import { recordEvent } from '../../audit/audit-log.ts';
import { knownNames } from '../../clients/load-configuration.ts';
import { ConfigurationInvalid } from '../../config/problem.ts';
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import { loadRolesFile } from '../../config/roles/load-roles-file.ts';
import { atomically } from '../../database/atomically.ts';
import { type Applied, applyDeclared } from '../../roles/declared/apply.ts';
import { adoptGroup } from '../../roles/groups.ts';
import { adoptPermission } from '../../roles/permissions.ts';
import type { PermissionRef } from '../../roles/role-contents.ts';
import { adoptRole } from '../../roles/roles.ts';
import { readClientFiles } from '../client/read-files.ts';
import { CommandFailed } from '../failure.ts';
import { count, neutral, quoted } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { askAboutRights } from './adopted-rights.ts';
import { type AccessDeps, withAccess } from './operator.ts';

type Adoption =
  | { readonly kind: 'role' | 'group'; readonly name: string }
  | { readonly kind: 'permission'; readonly ref: PermissionRef };

const ADOPTED = { role: 'role.adopted', group: 'group.adopted', permission: 'permission.adopted' } as const;

const nameOf = (adoption: Adoption): string =>
  adoption.kind === 'permission' ? `${adoption.ref.resource} ${adoption.ref.name}` : adoption.name;

/** Only what the file declares: all else would be without effect at once. The rest of the file is applied with it. */
export async function adopt(
  invocation: Invocation,
  adoption: Adoption,
  { yes }: { yes: boolean } = { yes: false },
): Promise<Answer> {
  const declared = readDeclared(invocation);
  const name = nameOf(adoption);
  if (!isDeclared(declared, adoption)) {
    const message = `${declared.file} does not declare the ${adoption.kind} ${quoted(name)}; write it there first.`;
    throw new CommandFailed('not_declared', message);
  }
  return withAccess(invocation, async (deps) => {
    if (adoption.kind !== 'permission') await askAboutRights(invocation, deps, { declared, named: adoption, yes });
    return atomically(deps.db, async (db) => {
      const inside = { ...deps, db };
      const changed = await adoptOne(inside, adoption);
      const event = ADOPTED[adoption.kind];
      if (changed) await recordEvent(inside, { event, actor: 'operator', subject: `${adoption.kind}:${name}` });
      const applied = await applyDeclared(inside, declared, { actor: 'operator' });
      return {
        result: { kind: adoption.kind, name, changed, applied: applied.outcome },
        text: `${declared.file} says from now on what the ${adoption.kind} ${neutral(name)} is.${remark(applied)}`,
      };
    });
  });
}

function readDeclared(invocation: Invocation): DeclaredModel {
  const { known, loaded, circumstances } = readClientFiles(invocation);
  const place = { ...circumstances, configDir: known.configDir };
  const { declared, problems } = loadRolesFile(place, knownNames(known, loaded));
  if (declared === undefined) throw new ConfigurationInvalid(problems);
  return declared;
}

function isDeclared({ roles, groups, permissions }: DeclaredModel, adoption: Adoption): boolean {
  if (adoption.kind === 'permission') {
    const { ref } = adoption;
    return permissions.some(({ resource, name }) => resource === ref.resource && name === ref.name);
  }
  return (adoption.kind === 'role' ? roles : groups).some(({ name }) => name === adoption.name);
}

/** Where nobody has made it by hand, applying the file makes it. */
async function adoptOne(inside: AccessDeps, adoption: Adoption): Promise<boolean> {
  switch (adoption.kind) {
    case 'role':
      return (await adoptRole(inside, adoption.name)) === 'adopted';
    case 'group':
      return (await adoptGroup(inside, adoption.name)) === 'adopted';
    case 'permission':
      return (await adoptPermission(inside, adoption.ref)) === 'adopted';
  }
}

function remark(applied: Applied): string {
  switch (applied.outcome) {
    case 'applied':
    case 'unchanged':
      return ' All that it declares is in force.';
    case 'conflicts': {
      const { conflicts } = applied.difference;
      const next = conflicts.map(({ kind, name }) => `\n  gatehouse ${kind} adopt ${neutral(name)}`).join('');
      return `\n${count(conflicts.length, 'name')} more of it ${conflicts.length === 1 ? 'was' : 'were'} made by hand; nothing of it is in force before these are handed over too:${next}`;
    }
    case 'last_administrator':
      return ' It is not in force: nobody would be left who has gatehouse:admin for good.';
  }
}
