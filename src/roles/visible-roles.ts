// Which of an account's roles an app gets to see.
import { isProductRole } from '../config/role-names.ts';

/**
 * `include` are the patterns of the client's file, with `*` for any run of characters; undefined shows every role but
 * the product's own. Those need a pattern that itself begins with `gatehouse:`. The order of `roles` is kept.
 */
export function visibleRoles(roles: readonly string[], include: readonly string[] | undefined): string[] {
  const patterns = include ?? ['*'];
  return roles.filter((role) =>
    patterns.some((pattern) => (!isProductRole(role) || isProductRole(pattern)) && matchesGlob(role, pattern)),
  );
}

/** Without regular expressions: the time is linear whatever the pattern. */
function matchesGlob(text: string, pattern: string): boolean {
  const [prefix = '', ...rest] = pattern.split('*');
  const suffix = rest.pop();
  if (suffix === undefined) return text === pattern;
  if (text.length < prefix.length + suffix.length) return false;
  if (!text.startsWith(prefix) || !text.endsWith(suffix)) return false;
  const end = text.length - suffix.length;
  let from = prefix.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}
