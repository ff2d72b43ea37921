// Roles that include each other in a circle, as a file may say or a command may ask for.

/** By role: what it includes itself. */
export type Includes = ReadonlyMap<string, readonly string[]>;

/** `[a, b, a]`: how `role` comes to include itself; undefined if it does not. */
export function circleThrough(role: string, includes: Includes): readonly string[] | undefined {
  const seen = new Set<string>();
  const follow = (path: readonly string[]): readonly string[] | undefined => {
    for (const next of includes.get(path.at(-1) ?? '') ?? []) {
      if (next === role) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = follow([...path, next]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return follow([role]);
}
