// Who is signed in: sessions in memory under unguessable ids; a browser holds nothing but the id.
import { randomBytes } from 'node:crypto';
import type { PayoutAccount } from './payout-form.ts';
import type { Person } from './sign-in.ts';

export interface Session {
  readonly id: string;
  readonly person: Person;
  /** Stands in every form of this session, and must come back with it. */
  readonly csrfToken: string;
  /** How often the tokens were refreshed, and when the ID token before the last refresh was issued (epoch seconds). */
  readonly refreshes: number;
  readonly issuedBefore: number | undefined;
}

export interface Sessions {
  /** Always a new id, so that an id planted in a browser before the sign-in is worth nothing. */
  begin(person: Person): Session;
  find(id: string): Session | undefined;
  replacePerson(id: string, person: Person): void;
  /** One sentence for the next page that this session sees. */
  leaveNotice(id: string, notice: string): void;
  takeNotice(id: string): string | undefined;
  /** What a person has begun and has yet to confirm; it is here, and not in an address, while they prove who they are. */
  keepDraft(id: string, draft: PayoutAccount): void;
  draftOf(id: string): PayoutAccount | undefined;
  /** Takes it out: of two clicks at once only one finds it. */
  takeDraft(id: string): PayoutAccount | undefined;
  end(id: string): void;
  /** Ends the one that the server calls `sid`, or those of a person that are no younger than what ended. Returns how many. */
  endAtServer(which: {
    readonly subject: string | undefined;
    readonly sid: string | undefined;
    /** Epoch seconds, by the server's clock. */
    readonly endedAt: number | undefined;
  }): number;
}

export const SESSION_IDLE_SECONDS = 8 * 60 * 60;
/** Long enough to enrol a second factor on the way. */
export const DRAFT_SECONDS = 30 * 60;
const MAX_SESSIONS = 10_000;

interface Entry {
  session: Session;
  readonly seenAt: number;
  notice: string | undefined;
  draft: { readonly account: PayoutAccount; readonly begunAt: number } | undefined;
  /** The `iat` of the first ID token. */
  readonly signedInAt: number;
}

export const randomId = (): string => randomBytes(32).toString('base64url');

/** `now` gives milliseconds since the epoch. Beyond the limit the session unused for longest makes room. */
export function createSessions(now: () => number = Date.now): Sessions {
  const sessions = new Map<string, Entry>();

  const isOver = (seenAt: number) => now() - seenAt > SESSION_IDLE_SECONDS * 1000;

  const forgetOld = () => {
    for (const [id, { seenAt }] of sessions) {
      if (!isOver(seenAt) && sessions.size < MAX_SESSIONS) return;
      sessions.delete(id);
    }
  };

  const find = (id: string): Session | undefined => {
    const entry = sessions.get(id);
    if (entry === undefined) return undefined;
    sessions.delete(id);
    if (isOver(entry.seenAt)) return undefined;
    // Set again, so that the map stays in the order of last use.
    sessions.set(id, { ...entry, seenAt: now() });
    return entry.session;
  };

  const draftOf = (id: string): PayoutAccount | undefined => {
    const draft = sessions.get(id)?.draft;
    return draft === undefined || now() - draft.begunAt > DRAFT_SECONDS * 1000 ? undefined : draft.account;
  };

  return {
    find,
    begin(person) {
      const session = { id: randomId(), person, csrfToken: randomId(), refreshes: 0, issuedBefore: undefined };
      forgetOld();
      const signedInAt = person.claims.iat;
      sessions.set(session.id, { session, seenAt: now(), notice: undefined, draft: undefined, signedInAt });
      return session;
    },
    replacePerson(id, person) {
      const entry = sessions.get(id);
      if (entry === undefined) return;
      const { session } = entry;
      const issuedBefore = session.person.claims.iat;
      entry.session = { ...session, person, refreshes: session.refreshes + 1, issuedBefore };
    },
    leaveNotice(id, notice) {
      const entry = sessions.get(id);
      if (entry !== undefined) entry.notice = notice;
    },
    takeNotice(id) {
      const entry = sessions.get(id);
      const notice = entry?.notice;
      if (entry !== undefined) entry.notice = undefined;
      return notice;
    },
    draftOf,
    keepDraft(id, account) {
      const entry = sessions.get(id);
      if (entry !== undefined) entry.draft = { account, begunAt: now() };
    },
    takeDraft(id) {
      const draft = draftOf(id);
      const entry = sessions.get(id);
      if (entry !== undefined) entry.draft = undefined;
      return draft;
    },
    end(id) {
      sessions.delete(id);
    },
    endAtServer({ subject, sid, endedAt }) {
      // The server may tell hours later, when the same person has signed in again.
      const isOneOf = ({ session: { person }, signedInAt }: Entry) =>
        sid === undefined ? endedAt === undefined || signedInAt <= endedAt : person.claims['sid'] === sid;
      const ended = [...sessions.values()].filter(
        (entry) => (subject === undefined || entry.session.person.subject === subject) && isOneOf(entry),
      );
      for (const { session } of ended) sessions.delete(session.id);
      return ended.length;
    },
  };
}
