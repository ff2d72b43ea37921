// What stands in the address of a page of the console: filters of lists, and where a list goes on.
import type Koa from 'koa';

/** Undefined for what is not there, is empty, or stands there twice. */
export function wordIn(ctx: Koa.Context, name: string): string | undefined {
  const given = ctx.query[name];
  return typeof given === 'string' && given !== '' ? given : undefined;
}

export const oneOf = <Choice extends string>(choices: readonly Choice[], given: string | undefined) =>
  choices.find((choice) => choice === given);

/** The address of the same list with some of it otherwise; what is undefined or empty is left out. */
export function addressWith(path: string, words: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(words).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
