// Finds the word somebody probably meant.
import { distance } from 'fastest-levenshtein';

/** The nearest candidate, or undefined when none is near enough to be worth proposing. Ignores case, `-` and `_`. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  let best: { candidate: string; edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = distance(plain(word), plain(candidate));
    const length = Math.max(word.length, candidate.length);
    const isNear = edits <= (length < 4 ? 1 : Math.max(2, Math.floor(length / 3)));
    if (isNear && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) best = { candidate, edits };
  }
  return best?.candidate;
}

/** How many characters have to be put in, taken out or changed. */
export const editsBetween = (left: string, right: string): number => distance(left, right);

/** `; did you mean "port"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : `; did you mean ${JSON.stringify(candidate)}?`;
}
