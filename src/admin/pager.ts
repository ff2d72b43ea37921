// The links to the other pages of a list. A list goes on one way, from a place in its order; so the address of a page carries
// the places where those before it begin, and the way back is a look at them again.
import type Koa from 'koa';
import { addressWith, wordIn } from './query.ts';

/** Characters: some fifteen places at least, of most lists fifty. What is further back is reached from the start. */
const LONGEST_TRAIL = 2000;
/** The first page, which begins at no place. */
const START = '-';
/** No place has one in it. */
const BETWEEN = ' ';

type IsPlace = (text: string) => boolean;

export interface PageOfList {
  readonly path: string;
  /** What the address of every page says: filters, the order. */
  readonly words?: Readonly<Record<string, string | undefined>>;
  /** What the place is called in addresses. */
  readonly name: 'after' | 'before';
  /** Where this page begins; undefined for the first one. */
  readonly place: string | undefined;
  /** Where the next one begins; undefined for the last one. */
  readonly next: string | undefined;
  /** Whether this list could have given it out. */
  readonly isPlace: IsPlace;
}

/** Where the page begins that is asked for; what is no place of the list is the beginning. */
export function placeIn(ctx: Koa.Context, name: PageOfList['name'], isPlace: IsPlace): string | undefined {
  const given = wordIn(ctx, name);
  return given !== undefined && isPlace(given) ? given : undefined;
}

export function pagerOf(ctx: Koa.Context, { path, words = {}, name, place, next, isPlace }: PageOfList) {
  const at = (to: string | undefined, back: readonly string[] = []) =>
    addressWith(path, { ...words, [name]: to, back: back.join(BETWEEN) });
  const trail = place === undefined ? [] : trailIn(ctx, isPlace);
  const last = trail.at(-1);
  return {
    first: place === undefined ? undefined : at(undefined),
    newer: last === undefined ? undefined : last === START ? at(undefined) : at(last, trail.slice(0, -1)),
    older: next === undefined ? undefined : at(next, inBounds([...trail, place ?? START])),
  };
}

/** None where any of it is not this list's: then there is only the start. */
function trailIn(ctx: Koa.Context, isPlace: IsPlace): readonly string[] {
  const given = wordIn(ctx, 'back') ?? '';
  if (given === '' || given.length > LONGEST_TRAIL) return [];
  const places = given.split(BETWEEN);
  return places.every((each, index) => (index === 0 && each === START) || isPlace(each)) ? places : [];
}

/** Without the oldest that are too many. */
function inBounds(places: readonly string[]): readonly string[] {
  const kept = [...places];
  while (kept.join(BETWEEN).length > LONGEST_TRAIL) kept.shift();
  return kept;
}
