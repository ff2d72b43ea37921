// Who comes while more is asked for than can be done is turned away before anything is done for them: a refusal has to cost far
// less than what it refuses, or refusing helps nobody.
import type Koa from 'koa';
import { DatabaseUnavailable } from '../../database/outages/unavailable.ts';
import { referenceOf, withReference } from '../../http/reference.ts';
import { DATABASE_RETRY_SECONDS } from '../../http/refusals.ts';
import { routedPath } from '../../http/routed-path.ts';
import '../../http/state.ts';
import { ENDPOINTS } from '../../provider/paths.ts';
import { FOR_PROGRAMS } from './engine-outages.ts';

export interface Crowd {
  /** Whether somebody who has begun, or waits in the line of who asks now, has waited too long for a connection of the database. */
  readonly isOverrun: () => boolean;
}

/** Stands before whatever reads a body, a cookie or the database. What has begun, as a sign-in between its pages, goes on. */
export function turnAway({ isOverrun }: Crowd): Koa.Middleware {
  const lag = watchLag();
  return async (ctx, next) => {
    if (isOverrun() || lag.isStanding()) {
      const path = routedPath(ctx.path);
      if (path === ENDPOINTS.authorization) throw new DatabaseUnavailable(TOO_MUCH);
      // A script of another origin may read its refusal only with the headers that the engine adds.
      if (FOR_PROGRAMS.has(path) && ctx.method !== 'OPTIONS' && ctx.get('Origin') === '') return refuse(ctx);
    }
    lag.begin();
    try {
      await next();
    } finally {
      lag.end();
    }
  };
}

const TOO_MUCH = 'More is asked for than can be done.';

function refuse(ctx: Koa.Context): void {
  ctx.state.refusal = 'database_unavailable';
  ctx.status = 503;
  ctx.set('Retry-After', String(DATABASE_RETRY_SECONDS));
  ctx.type = 'application/json';
  const said = withReference('more is asked for than can be done; try again later', referenceOf(ctx));
  ctx.body = `{"error":"server_error","error_description":"${said}"}`;
  ctx.req.resume();
}

/** Requests under way at once. Fewer are late because the machine is, not because there are too many. */
const MANY = 40;
/** Milliseconds between two looks, how late each of the last ones has to come, and how late all of these together. */
const LOOK_MS = 50;
const LATE_MS = 100;
const BEHIND_MS = 400;

/** Whether requests wait for this process itself, for longer than one of them can hold it up. It looks only while many are under way. */
function watchLag() {
  let underWay = 0;
  let behind = 0;
  let timer: NodeJS.Timeout | undefined;
  let due = 0;
  const look = () => {
    const now = performance.now();
    const late = now - due;
    behind = late > LATE_MS ? behind + late : 0;
    due = now + LOOK_MS;
    timer = setTimeout(look, LOOK_MS).unref();
  };
  return {
    isStanding: () => behind >= BEHIND_MS,
    begin() {
      underWay += 1;
      if (underWay < MANY || timer !== undefined) return;
      due = performance.now() + LOOK_MS;
      timer = setTimeout(look, LOOK_MS).unref();
    },
    end() {
      underWay -= 1;
      if (underWay >= MANY) return;
      clearTimeout(timer);
      timer = undefined;
      behind = 0;
    },
  };
}
