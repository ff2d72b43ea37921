// What a page that asks before something is deleted has shown: confirmed is that, and nothing that came to it meanwhile.
import { createHash } from 'node:crypto';
import type Koa from 'koa';
import { versionOf } from '../../administration/outcomes.ts';
import { addressWith, wordIn } from '../query.ts';

interface Shown<Use> {
  readonly thing: { readonly updatedAt: Date };
  readonly use: Use;
}

/** Where the page's form leads. In its address, since forms of the release before take no field more. */
export const actionFor = <Use>(path: string, shown: Shown<Use>): string => addressWith(path, { seen: digestOf(shown) });

/** For a verb that deletes. A page of the release before says nothing of what it has shown. */
export function confirmedBy<Use>(ctx: Koa.Context, thing: Shown<Use>['thing']) {
  const seen = wordIn(ctx, 'seen');
  if (seen === undefined) return { confirmed: true };
  return { version: versionOf(thing), confirmed: (use: Use) => digestOf({ thing, use }) === seen };
}

const digestOf = <Use>({ thing, use }: Shown<Use>): string =>
  createHash('sha256')
    .update(JSON.stringify([versionOf(thing), use]))
    .digest('base64url');
