// Lists in pages by keyset: a page goes on where the last one ended, whatever has been added or taken away meanwhile.
import { z } from 'zod';
import { API_PATH } from '../config/roles/product-api.ts';
import type { Answer } from './operation.ts';

export const MOST_A_PAGE = 200;

/** For the query of every list. */
export const pageFields = {
  limit: z.coerce.number().int().min(1).max(MOST_A_PAGE).default(50).describe('How many at most.'),
  cursor: z.string().min(1).max(1000).optional().describe('The value of next of the page before.'),
};

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Where to go on; null on the last page.'),
  });

/** `query` as it was read: the address of the next page asks for the same. */
export function page(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  { items, next }: { items: readonly unknown[]; next: string | undefined },
): Answer {
  if (next === undefined) return { status: 200, body: { items, next: null } };
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor: next })) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return {
    status: 200,
    body: { items, next },
    headers: { Link: `<${API_PATH}${path}?${parameters}>; rel="next"` },
  };
}

/** Of what is few enough to be read at once, in the order of its keys: by code point. */
export function pageAmong<T>(
  all: readonly T[],
  { cursor = '', limit }: { cursor?: string | undefined; limit: number },
  keyOf: (item: T) => string,
): { items: readonly T[]; next: string | undefined } {
  const rest = all.filter((item) => cursor === '' || keyOf(item) > cursor);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last !== undefined ? keyOf(last) : undefined };
}
