// Ties a browser to its session: one HttpOnly cookie that holds the session's id.
import type { Context } from 'koa';
import type { Session, Sessions } from './session.ts';
import type { Person } from './sign-in.ts';

export interface Visitors {
  current(ctx: Context): Session | undefined;
  /** What the same person had begun before comes along; somebody else finds nothing of it. */
  signIn(ctx: Context, person: Person, how?: { notice: string }): Session;
  signOut(ctx: Context): void;
}

export function createVisitors({ sessions, secure }: { sessions: Sessions; secure: boolean }): Visitors {
  const name = secure ? '__Host-shop_session' : 'shop_session';
  const attributes = { httpOnly: true, sameSite: 'lax', secure, path: '/' } as const;

  const current = (ctx: Context) => sessions.find(ctx.cookies.get(name) ?? '');

  const signOut = (ctx: Context) => {
    const id = ctx.cookies.get(name);
    if (id === undefined) return;
    sessions.end(id);
    ctx.cookies.set(name, null, attributes);
  };

  return {
    signOut,
    current,
    signIn(ctx, person, how) {
      const before = current(ctx);
      const draft = before?.person.subject === person.subject ? sessions.takeDraft(before.id) : undefined;
      signOut(ctx);
      const session = sessions.begin(person);
      if (draft !== undefined) sessions.keepDraft(session.id, draft);
      if (how !== undefined) sessions.leaveNotice(session.id, how.notice);
      ctx.cookies.set(name, session.id, attributes);
      return session;
    },
  };
}
