// The short reference that an error's page, its answer to a program and its log lines share.
import type Koa from 'koa';
import { newReference } from '../crypto/reference.ts';
import './state.ts';

/** One for each request, made when the first part of its error is. */
export function referenceOf(ctx: { readonly state: Koa.DefaultState }): string {
  ctx.state.reference ??= newReference();
  return ctx.state.reference;
}

/** What RFC 6749 section 5.2 leaves out of %x20-7E for error_description: the quotation mark and the backslash. */
const QUOTING = /["\\]/g;
const UNPRINTABLE = /[^\x20-\x7e]/g;

/** The reference stands last, where it is found also when a program shows only the end or shortens the middle. */
export function withReference(description: string | undefined, reference: string): string {
  const said = (description ?? '').replaceAll(QUOTING, "'").replaceAll(UNPRINTABLE, '?').trim();
  return said === '' ? `reference ${reference}` : `${said} (reference ${reference})`;
}
