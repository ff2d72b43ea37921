// Where a request came from, as data for rooms that know no HTTP: for the list of events, mails and devices.
import type Koa from 'koa';
import type { Language } from '../texts/messages.ts';
import { languageOf } from './language.ts';
import './state.ts';

export interface RequestSource {
  /** Canonical IP address of the person, behind trusted proxies. */
  readonly address: string;
  readonly userAgent: string;
  readonly requestId: string;
}

export const sourceOf = (ctx: Koa.Context): RequestSource => ({
  address: ctx.state.clientAddress,
  userAgent: ctx.get('User-Agent'),
  requestId: ctx.state.requestId,
});

/** What a verb that tells people by mail wants to know of the request. */
export interface Circumstances {
  readonly source: RequestSource;
  /** Of the page. */
  readonly language: Language;
}

export const circumstancesOf = (ctx: Koa.Context): Circumstances => ({
  source: sourceOf(ctx),
  language: languageOf(ctx),
});
