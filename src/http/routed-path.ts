// A path as the engine's router sees it.

/** The engine ignores case and one trailing slash, so whoever keys a rule on its paths has to do the same. */
export function routedPath(target: string): string {
  const path = target.split('?', 1)[0] ?? '';
  const lower = path.toLowerCase();
  return lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower;
}
