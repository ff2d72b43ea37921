// Which of an account's roles an app gets to see.
import { showsRole } from '../config/roles/role-names.ts';

/**
 * `include` are the patterns of the client's file; undefined shows every role but the product's own. The order of
 * `roles` is kept.
 */
export function visibleRoles(roles: readonly string[], include: readonly string[] | undefined): string[] {
  const patterns = include ?? ['*'];
  return roles.filter((role) => patterns.some((pattern) => showsRole(pattern, role)));
}
