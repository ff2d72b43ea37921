// Ties a browser to its session: one HttpOnly cookie that holds the session's id.
import type { Context } from 'koa';
import type { Session, Sessions } from './session.ts';
import type { Person } from './sign-in.ts';

export interface Visitors {
  current(ctx: Context): Session | undefined;
  signIn(ctx: Context, person: Person): Session;
  signOut(ctx: Context): void;
}

export function createVisitors({ sessions, secure }: { sessions: Sessions; secure: boolean }): Visitors {
  const name = secure ? '__Host-shop_session' : 'shop_session';
  const attributes = { httpOnly: true, sameSite: 'lax', secure, path: '/' } as const;

  const signOut = (ctx: Context) => {
    const id = ctx.cookies.get(name);
    if (id === undefined) return;
    sessions.end(id);
    ctx.cookies.set(name, null, attributes);
  };

  return {
    signOut,
    current: (ctx) => sessions.find(ctx.cookies.get(name) ?? ''),
    signIn(ctx, person) {
      signOut(ctx);
      const session = sessions.begin(person);
      ctx.cookies.set(name, session.id, attributes);
      return session;
    },
  };
}
