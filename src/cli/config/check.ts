// gatehouse config check: everything a server would refuse in any file, before it has to.
import { knownNames } from '../../clients/load-configuration.ts';
import { administeringRolesIn } from '../../clients/plan/administering-roles.ts';
import { manyRolesIn } from '../../clients/plan/many-roles.ts';
import { unknownNamesIn } from '../../clients/plan/unknown-names.ts';
import { formatProblems, type Problem } from '../../config/problem.ts';
import { loadRolesFile } from '../../config/roles/load-roles-file.ts';
import { PRODUCT_ROLES } from '../../config/roles/product-permissions.ts';
import { readClientFiles } from '../client/read-files.ts';
import { count } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';

/** Needs no database and no mode. Roles and groups may be made by hand, so only names that look misspelt are remarked on. */
export async function checkFiles(invocation: Invocation): Promise<Answer> {
  const { problems: ofServerFile, loaded, known, circumstances } = readClientFiles(invocation);
  const place = { ...circumstances, configDir: known.configDir };
  const roles = loadRolesFile(place, knownNames(known, loaded));
  // The engine takes a second to load.
  const { problemsOfEngine } = await import('../../server/engine-for-checks.ts');
  const ofEngine = await problemsOfEngine(loaded.clients);
  const problems = [...ofServerFile, ...loaded.problems, ...ofEngine, ...roles.problems];
  const names = {
    roles: [...roles.names, ...Object.keys(PRODUCT_ROLES)],
    groups: roles.declared?.groups.map(({ name }) => name) ?? [],
  };
  const shown = { roles: roles.declared?.roles ?? [], most: known.mostRoles };
  const warnings = [
    ...loaded.warnings,
    ...unknownNamesIn(loaded.clients, names, { likely: true }),
    ...administeringRolesIn(loaded.clients, shown.roles),
    ...manyRolesIn(loaded.clients, shown),
  ];
  const lines = [
    problems.length === 0
      ? `${count(loaded.clients.size, 'client')}, ${count(roles.names.length, 'declared role')}, no problems.`
      : `${count(problems.length, 'problem')}:\n${formatProblems(problems)}`,
    ...(warnings.length === 0 ? [] : [`To look at:\n${formatProblems(warnings)}`]),
  ];
  return {
    result: {
      valid: problems.length === 0,
      clients: [...loaded.clients.keys()],
      roles: roles.names,
      problems: problems.map(problemResult),
      warnings: warnings.map(problemResult),
    },
    text: lines.join('\n'),
    exitCode: problems.length === 0 ? 0 : 1,
  };
}

const problemResult = ({ file, line, path, message }: Problem) => ({ file, line, path, message });
