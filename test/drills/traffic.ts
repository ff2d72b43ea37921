// Apps and programs that go on asking while something is full: some write, some only read.
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, post, SPA, WEB } from '../protocol/apps.ts';
import type { Spread } from './drill.ts';
import type { Keeper } from './keeper.ts';
import { spreadOf } from './spread.ts';

export const PHASES = ['before', 'during', 'after'] as const;
export type Phase = (typeof PHASES)[number];
export type Kind = 'write' | 'read' | 'read from memory';

interface Answered {
  readonly kind: Kind;
  readonly phase: Phase;
  /** 0: nobody answered. */
  readonly status: number;
  readonly retryAfter: boolean;
  readonly milliseconds: number;
  readonly at: number;
}

/** An app's chain of tokens: the next refresh uses the last that it was given. */
export interface Chain {
  readonly app: App;
  refreshToken: string;
}

export interface Traffic {
  phase: Phase;
  readonly answered: readonly Answered[];
  /** Ids of accounts that the API has confirmed. */
  readonly keeper: Keeper;
  readonly chains: readonly Chain[];
  /** What a phase's answers of one kind were: `{ '201': 12, '503': 3 }`. */
  tally(kind: Kind, phase: Phase): Record<string, number>;
  spread(phase: Phase): Spread;
  stop(): Promise<void>;
}

/** Milliseconds between two requests of one asker. */
const PAUSE_MS = 20;
/** Every second, while something is full: more at once than were ever connected in peace, in every process. */
const CROWD = 48;

export function startTraffic(issuer: string, { keeper, chains }: Pick<Traffic, 'keeper' | 'chains'>): Traffic {
  const answered: Answered[] = [];
  let going = true;
  const asks = async (kind: Kind, phase: Phase, ask: () => Promise<Response>): Promise<void> => {
    const at = performance.now();
    const answer = await ask().catch(() => undefined);
    if (answer?.bodyUsed === false) await answer.arrayBuffer().catch(() => undefined);
    const milliseconds = performance.now() - at;
    const retryAfter = answer?.headers.has('retry-after') === true;
    answered.push({ kind, phase, status: answer?.status ?? 0, retryAfter, milliseconds, at });
  };
  const lane = async (kind: Kind, ask: () => Promise<Response>): Promise<void> => {
    while (going) {
      await asks(kind, traffic.phase, ask);
      await sleep(PAUSE_MS);
    }
  };
  const crowds = async (kind: Kind, ask: () => Promise<Response>): Promise<void> => {
    while (going) {
      const many = traffic.phase === 'during' ? CROWD : 0;
      await Promise.all(Array.from({ length: many }, () => asks(kind, traffic.phase, ask)));
      await sleep(1_000);
    }
  };
  const lanes = () => [
    lane('write', () => keeper.makes()),
    lane('write', () => keeper.makes()),
    ...chains.map((chain) => lane('write', () => refreshes(issuer, chain))),
    lane('read', () => introspects(issuer, chains)),
    crowds('read', () => introspects(issuer, chains)),
    lane('read from memory', () => fetch(`${issuer}/jwks`)),
    lane('read from memory', () => fetch(`${issuer}/.well-known/openid-configuration`)),
  ];
  const traffic: Traffic = {
    phase: 'before',
    answered,
    keeper,
    chains,
    tally(kind, phase) {
      const found = answered.filter((each) => each.kind === kind && each.phase === phase);
      return Object.fromEntries([...Map.groupBy(found, nameOf)].map(([name, all]) => [name, all.length]));
    },
    spread: (phase) =>
      spreadOf(answered.filter((each) => each.phase === phase).map(({ milliseconds }) => milliseconds)),
    async stop() {
      going = false;
      await running;
    },
  };
  const running = Promise.all(lanes());
  return traffic;
}

const nameOf = ({ status, retryAfter }: Answered): string =>
  status === 503 && !retryAfter ? '503 without Retry-After' : String(status);

async function refreshes(issuer: string, chain: Chain): Promise<Response> {
  const { app, refreshToken } = chain;
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const asked = app.secret === undefined ? { ...form, client_id: app.clientId } : form;
  const answer = await post(`${issuer}/token`, asked, { client: app });
  const text = await answer.text();
  if (answer.status === 200) {
    const { refresh_token: next } = JSON.parse(text) as { refresh_token?: string };
    chain.refreshToken = next ?? refreshToken;
  }
  return answer;
}

/** Of what is not replaced when it is used. */
const introspects = (issuer: string, chains: readonly Chain[]): Promise<Response> => {
  const token = chains.find(({ app }) => app === WEB)?.refreshToken ?? '';
  return post(`${issuer}/token/introspection`, { token }, { client: WEB });
};

export const APPS: readonly App[] = [WEB, SPA];

/** How many of them are not good any more. */
export async function lostChains(issuer: string, chains: readonly Chain[]): Promise<number> {
  const answers = await Promise.all(chains.map((chain) => refreshes(issuer, chain)));
  return answers.filter(({ status }) => status !== 200).length;
}
