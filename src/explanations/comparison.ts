// Two addresses held against each other, character by character, and what makes the difference.

/** What is shown, and whether it is one of the characters that differ. */
export interface Piece {
  readonly text: string;
  readonly differs: boolean;
}

export type Difference =
  | 'invisible'
  | 'case'
  | 'encoding'
  | 'trailing_slash'
  | 'not_an_address'
  | 'scheme'
  | 'loopback'
  | 'host'
  | 'port'
  | 'path'
  | 'query'
  | 'fragment';

export interface Comparison {
  readonly received: readonly Piece[];
  readonly expected: readonly Piece[];
  readonly differences: readonly Difference[];
}

export function compare(received: string, expected: string): Comparison {
  const [left, right] = [[...received], [...expected]];
  const common = longestCommon(left, right);
  return {
    received: pieces(left, new Set(common.map(([at]) => at))),
    expected: pieces(right, new Set(common.map(([, at]) => at))),
    differences: differencesOf(received, expected),
  };
}

/** Positions of the longest common subsequence. Both texts are bounded (harmless.ts), so the table is too. */
function longestCommon(left: readonly string[], right: readonly string[]): readonly (readonly [number, number])[] {
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const common: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) common.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return common;
}

function pieces(characters: readonly string[], same: ReadonlySet<number>): readonly Piece[] {
  const joined: { text: string; differs: boolean }[] = [];
  characters.forEach((character, index) => {
    const differs = !same.has(index);
    const last = joined.at(-1);
    const text = shown(character, differs);
    if (last?.differs === differs) last.text += text;
    else joined.push({ text, differs });
  });
  return joined;
}

/** Control, format and other characters without a shape of their own, and blanks that are not the blank. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

const INVISIBLE_ONES = new RegExp(INVISIBLE.source, 'gu');

function shown(character: string, differs: boolean): string {
  if (INVISIBLE.test(character)) return `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`;
  return character === ' ' && differs ? '␣' : character;
}

function differencesOf(received: string, expected: string): readonly Difference[] {
  const visible = received.replaceAll(INVISIBLE_ONES, '').trim();
  if (visible !== received) return ['invisible', ...(visible === expected ? [] : differencesOf(visible, expected))];
  if (received.toLowerCase() === expected.toLowerCase()) return ['case'];
  if (decoded(received) === decoded(expected)) return ['encoding'];
  if (withoutSlash(received) === withoutSlash(expected)) return ['trailing_slash'];
  const [left, right] = [URL.parse(received), URL.parse(expected)];
  if (left === null || right === null) return ['not_an_address'];
  const found: (Difference | undefined)[] = [
    left.protocol === right.protocol ? undefined : 'scheme',
    left.hostname === right.hostname ? undefined : isLoopback(left) && isLoopback(right) ? 'loopback' : 'host',
    left.port === right.port ? undefined : 'port',
    differenceOfPaths(left.pathname, right.pathname),
    left.search === right.search ? undefined : 'query',
    received.includes('#') === expected.includes('#') ? undefined : 'fragment',
  ];
  return found.filter((each) => each !== undefined);
}

function differenceOfPaths(left: string, right: string): Difference | undefined {
  if (left === right) return undefined;
  if (left.toLowerCase() === right.toLowerCase()) return 'case';
  return withoutSlash(left) === withoutSlash(right) ? 'trailing_slash' : 'path';
}

const withoutSlash = (text: string): string => text.replace(/\/$/, '');

const isLoopback = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
