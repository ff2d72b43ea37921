// What the rooms find wrong, as the verbs of administration say it.
import type { ContentsProblem } from '../../roles/role-contents.ts';
import type { NotDone } from '../outcomes.ts';

type Found = ContentsProblem | { readonly outcome: 'invalid'; readonly field: string };

export function problemIn(
  found: Found,
  kind: 'role' | 'group' | 'permission',
): Extract<NotDone, { outcome: 'invalid' }> {
  switch (found.outcome) {
    case 'invalid':
      return { outcome: 'invalid', problems: [{ field: found.field, key: RULES[ruleOf(found.field, kind)] }] };
    case 'unknown_role': {
      const field = kind === 'group' ? 'roles' : 'includes';
      const key = 'administration.problem.no_such_role';
      return { outcome: 'invalid', problems: [{ field, key, values: { name: found.role } }] };
    }
    case 'unknown_permission': {
      const name = `${found.permission.resource} ${found.permission.name}`;
      const key = 'administration.problem.no_such_permission';
      return { outcome: 'invalid', problems: [{ field: 'permissions', key, values: { name } }] };
    }
    case 'circle': {
      const values = { path: found.path.join(' → ') };
      return { outcome: 'invalid', problems: [{ field: 'includes', key: 'administration.problem.circle', values }] };
    }
  }
}

const RULES = {
  name: 'administration.problem.role_name',
  permission_name: 'administration.problem.permission_name',
  description: 'administration.problem.description',
  scope: 'administration.problem.scope',
} as const;

function ruleOf(field: string, kind: 'role' | 'group' | 'permission'): keyof typeof RULES {
  if (field === 'description') return 'description';
  if (field === 'name') return kind === 'permission' ? 'permission_name' : 'name';
  return 'scope';
}
