// Tells gatehouse doctor how the server saw its request. For everybody else there is no such address.
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import { notFound } from '../../http/refusals.ts';
import { get, type Handler, holderOfProbe, type Route } from '../../http/route.ts';
import { spendProbe } from '../server-state.ts';

export const PROBE_PATH = '/probe';
export const PROBE_HEADER = 'Gatehouse-Probe';

const TOKEN = /^[\w-]{43}$/;

interface Deps {
  readonly config: Config;
  readonly clock: Clock;
  readonly db: Db;
  readonly version: string;
}

export const probeRoute = (deps: Deps): Route => get(PROBE_PATH, holderOfProbe, answerProbe(deps));

/** The token was left in the database a moment ago, is good for one answer, and never stands in an address. */
const answerProbe =
  ({ config, clock, db, version }: Deps): Handler =>
  async (ctx) => {
    const token = ctx.get(PROBE_HEADER);
    if (!TOKEN.test(token) || !(await spendProbe({ db, clock }, token))) return notFound(ctx, async () => undefined);
    ctx.body = { version, issuer: config.issuer, now: clock.now().toISOString(), received: ctx.state.received };
  };
