// What each kind of the load does, once.
import { decodeJwt } from 'jose';
import { CookieJar } from 'tough-cookie';
import { anyOf, type Held, hold, nextToRefresh, refreshes } from './apps-chains.ts';
import type { KeyReader } from './apps-keys.ts';
import {
  type Answer,
  ask,
  askAs,
  authorizationAt,
  authorized,
  browserAt,
  type Entrance,
  newChain,
  Stranded,
} from './visitors.ts';
import type { Kind, Plan } from './workload.ts';

export interface Apps {
  /** Of apps. */
  readonly entrance: Entrance;
  /** Of people. */
  readonly networks: readonly Entrance[];
  readonly plan: Plan;
  readonly chains: Held[];
  /** What was revoked before anything broke. */
  readonly revoked: readonly Held[];
  readonly reader: KeyReader | undefined;
  readonly words: string[];
  untrue: number;
  saidRevoked: number;
}

/** What there is to say of it; undefined where it was not answered. */
export interface Done {
  readonly answer: Answer | undefined;
  readonly good: boolean;
  readonly why?: string | undefined;
  /** When the last of several requests was due. */
  readonly since?: number | undefined;
}

export const ASK: Readonly<Record<Kind, (apps: Apps) => Promise<Done>>> = {
  async refresh(apps) {
    const { entrance, chains, reader } = apps;
    const held = nextToRefresh(chains);
    if (held === undefined) return { answer: undefined, good: false, why: 'no chain that nobody is at' };
    const { answer, tokens, why } = await refreshes(entrance, held);
    if (tokens === undefined) return { answer, good: false, why };
    await reader?.reads(tokens);
    const whose = decodeJwt(tokens.id_token).sub;
    return { answer, good: true, why: whose === held.subject ? why : untrue(apps, `refresh: tokens of ${whose}`) };
  },
  async introspect(apps) {
    if (Math.random() < SHARE_OF_REVOKED) return asksAboutRevoked(apps, anyOf(apps.revoked));
    const held = anyOf(apps.chains, ({ standing, secret }) => secret !== null && standing !== 'lost');
    if (held === undefined) return { answer: undefined, good: false, why: 'no chain' };
    const answer = await askAs(apps.entrance, held, { at: '/token/introspection', form: { token: held.accessToken } });
    const says = saysOf(answer);
    const isTrue = says === undefined || (says.active && says.sub === held.subject);
    return {
      answer,
      good: says !== undefined,
      why: isTrue ? undefined : untrue(apps, `introspection: ${answer.text}`),
    };
  },
  async userinfo(apps) {
    const held = anyOf(apps.chains, ({ standing }) => standing === 'good');
    const headers = { authorization: `Bearer ${held?.accessToken}` };
    const answer = await ask(apps.entrance, '/me', { headers });
    const isTrue = answer.status !== 200 || JSON.parse(answer.text).sub === held?.subject;
    return { answer, good: answer.status === 200, why: isTrue ? undefined : untrue(apps, `userinfo: ${answer.text}`) };
  },
  async login({ networks, plan, chains, reader, ...apps }) {
    const entrance = anyOf(networks) ?? apps.entrance;
    const clientId = anyOf(chains)?.clientId ?? '';
    const browser = browserAt(entrance);
    const { chain, tokens } = await newChain(entrance, { clientId, browser, email: anyOf(plan.people) ?? '' });
    chains.push(hold(chain));
    await reader?.reads(tokens);
    return { answer: undefined, good: true };
  },
  async silent({ networks, plan, ...apps }) {
    const entrance = anyOf(networks) ?? apps.entrance;
    const signedIn = anyOf(plan.browsers);
    if (signedIn === undefined) return { answer: undefined, good: false, why: 'no browser' };
    const browser = browserAt(entrance, await CookieJar.deserialize(signedIn.jar));
    await authorized(entrance, { clientId: signedIn.clientId, browser });
    return { answer: undefined, good: true };
  },
  async documents({ entrance }) {
    const at = Math.random() < 0.5 ? '/jwks' : '/.well-known/openid-configuration';
    const answer = await ask(entrance, at);
    return { answer, good: answer.status === 200 };
  },
  async forgot({ networks, plan, chains, ...apps }) {
    const entrance = anyOf(networks) ?? apps.entrance;
    const browser = browserAt(entrance);
    await browser.open(authorizationAt(entrance, anyOf(chains)?.clientId ?? ''));
    await browser.click('Forgot your password?');
    await browser.submit({ identifier: anyOf(plan.people) ?? '' }, 'Send the link');
    const { status, text } = browser.page;
    return { answer: { status, text, comeBack: false }, good: status === 200 };
  },
};

/** Of introspections. */
const SHARE_OF_REVOKED = 0.1;

const saysOf = ({ status, text }: Answer) =>
  status === 200 ? (JSON.parse(text) as { active: boolean; sub?: string }) : undefined;

/** Whoever cannot know may refuse to answer, but never say that it is good. */
export async function asksAboutRevoked(apps: Apps, held: Held | undefined): Promise<Done> {
  if (held === undefined) return { answer: undefined, good: false, why: 'nothing is revoked' };
  const token = Math.random() < 0.5 ? held.accessToken : held.refreshToken;
  const answer = await askAs(apps.entrance, held, { at: '/token/introspection', form: { token } });
  const says = saysOf(answer);
  if (says?.active === false) apps.saidRevoked += 1;
  const isTrue = says === undefined || !says.active;
  return {
    answer,
    good: says !== undefined,
    why: isTrue ? undefined : untrue(apps, 'introspection: revoked, but active'),
  };
}

export function untrue(apps: Apps, why: string): string {
  apps.untrue += 1;
  return why;
}

/** The same, whatever was thrown. */
export async function doneOf(apps: Apps, kind: Kind): Promise<Done> {
  try {
    return await ASK[kind](apps);
  } catch (error) {
    if (error instanceof Stranded) return { answer: error.answer, good: false, why: error.message, since: error.since };
    return { answer: undefined, good: false, why: error instanceof Error ? error.message : String(error) };
  }
}
