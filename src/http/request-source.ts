// Where a request came from, as data for rooms that know no HTTP: for the list of events, mails and devices.
import type Koa from 'koa';
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
