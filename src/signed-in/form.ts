// Forms of people who are signed in, and where they lead.
import type Koa from 'koa';
import type { z } from 'zod';
import { readForm } from '../http/form.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { SignedInDeps } from './deps.ts';
import { leaveNotice } from './notice.ts';
import type { SignedIn } from './signed-in.ts';

/** For every form of a page. */
export const formToken = ({ csrf }: Pick<SignedInDeps, 'csrf'>, me: SignedIn): string => csrf.token(binding(me));

/** Reads a posted form with its token. Who posts without the token of this very session is refused (CSRF, T21). */
export async function readAccountForm<Fields extends { readonly csrf?: string | undefined }>(
  deps: Pick<SignedInDeps, 'csrf'>,
  ctx: Koa.Context,
  { me, form }: { me: SignedIn; form: z.ZodType<Fields> },
): Promise<Fields> {
  const fields = await readForm(ctx, form);
  deps.csrf.check(ctx, binding(me), fields.csrf);
  return fields;
}

/** After a form: on to a page of ours, which shows the notice once. */
export function backTo(ctx: Koa.Context, path: string, notice?: MessageKey): void {
  if (notice !== undefined) leaveNotice(ctx, notice);
  seeOther(ctx, path);
}

export function seeOther(ctx: Koa.Context, location: string): void {
  ctx.redirect(location);
  ctx.status = 303;
}

const binding = ({ session }: SignedIn): string => `account:${session.uid}`;
