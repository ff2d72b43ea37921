// config/roles.yaml becomes a declared model, or a list of everything that is wrong with it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../interpolation.ts';
import { dotted, type Path, type Place, type Problem, shownFile } from '../problem.ts';
import { checkShape } from '../shape.ts';
import { readYamlFile } from '../yaml-document.ts';
import type { DeclaredModel } from './declared-model.ts';
import { type RolesFile, rolesFile } from './roles-file.ts';
import { brokenRoleRules, type KnownNames } from './roles-file-rules.ts';

export interface LoadedRoles {
  /** Undefined when there are problems. */
  readonly declared: DeclaredModel | undefined;
  readonly problems: readonly Problem[];
  /** Names of roles, also when other things are wrong: what client files can be compared with. */
  readonly names: readonly string[];
}

export const rolesFileIn = (configDir: string): string => join(configDir, 'roles.yaml');

/** No file declares nothing. */
export function loadRolesFile(
  { env, cwd, configDir }: { env: Environment; cwd: string; configDir: string },
  known: KnownNames,
): LoadedRoles {
  const path = rolesFileIn(configDir);
  const file = shownFile(cwd, path);
  if (!existsSync(path)) return { ...misnamed({ cwd, configDir }, file), names: [] };
  const { document, problems: unreadable } = readYamlFile({ env, cwd }, path);
  if (document === undefined) return { declared: undefined, problems: unreadable, names: [] };
  const shape = checkShape(rolesFile, document);
  const placeOf = (at: Path): Place => ({ file, line: document.lineOf(at), path: dotted(at) });
  // A mapping with a problem in it may state any name: what refers to it is not looked at.
  const sound = Object.fromEntries(Object.entries(shape.value).filter(([key]) => !shape.broken.has(key)));
  const findings = brokenRoleRules(sound, known);
  const problems = [
    ...unreadable,
    ...shape.problems,
    ...findings.map(({ path: at, message }) => ({ ...placeOf(at), message })),
  ];
  const isSound = problems.length === 0 && shape.complete !== undefined;
  const declared = isSound ? modelOf(shape.complete, { file, placeOf }) : undefined;
  return { declared, problems, names: Object.keys(shape.value.roles ?? {}) };
}

function misnamed({ cwd, configDir }: { cwd: string; configDir: string }, file: string) {
  const other = join(configDir, 'roles.yml');
  if (!existsSync(other)) return { declared: nothingDeclared(file), problems: [] };
  const problem = {
    file: shownFile(cwd, other),
    line: undefined,
    path: '',
    message: 'is not read; name it roles.yaml',
  };
  return { declared: undefined, problems: [problem] };
}

export const nothingDeclared = (file: string): DeclaredModel => ({
  file,
  exists: false,
  permissions: [],
  roles: [],
  groups: [],
  clients: [],
});

function modelOf(
  { permissions, roles, groups, clients }: RolesFile,
  { file, placeOf }: { file: string; placeOf: (path: Path) => Place },
): DeclaredModel {
  return {
    file,
    exists: true,
    permissions: Object.entries(permissions).flatMap(([resource, named]) =>
      Object.entries(named).map(([name, description]) => ({
        resource,
        name,
        description,
        place: placeOf(['permissions', resource, name]),
      })),
    ),
    roles: Object.entries(roles).map(([name, role]) => ({
      name,
      description: role.description ?? '',
      mfa: role.mfa ?? 'optional',
      clientId: role.client,
      resource: role.resource,
      includes: [...(role.includes ?? [])].sort(),
      permissions: Object.entries(role.permissions ?? {})
        .flatMap(([resource, names]) => names.map((permission) => ({ resource, name: permission })))
        .sort((a, b) => compare(a.resource, b.resource) || compare(a.name, b.name)),
      place: placeOf(['roles', name]),
    })),
    groups: Object.entries(groups).map(([name, group]) => ({
      name,
      description: group.description ?? '',
      roles: [...(group.roles ?? [])].sort(),
      place: placeOf(['groups', name]),
    })),
    clients: Object.entries(clients).map(([clientId, client]) => ({
      clientId,
      roles: [...client.roles].sort(),
      place: placeOf(['clients', clientId]),
    })),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
