// What people and programs hand in in confidence and what they are given, kept, so that the log can be searched for it (T63).
// With MARKED=yes every test server is searched when it stops, whatever its test is about: `npm run test:marked`.

export interface Marked {
  /** Goes to the server in the place of the usual one. */
  readonly fetch: typeof fetch;
  keep(what: string, value: string): void;
  /** Whoever sends these in the place of a secret sends them openly too, and lets them be logged. */
  leaveOut(values: readonly string[]): void;
  /** What was kept, in words. */
  kinds(): readonly string[];
  /** What of it stands in this text, in words. */
  standingIn(text: string): readonly string[];
}

const SECRET_FIELDS = /password|secret|token|csrf|code$|verifier|assertion/;
/** `token_type_hint` and the like say what something is. */
const KIND_FIELDS = /_(?:type|type_hint|method|method_hint)$/;
/** A `code` there says what is wrong. */
const SECRET_ANSWERS = /^(?:access|refresh|id)_token$|secret/;
/** A code of six digits is the end of a time in some line or other. */
const SHORTEST = 8;

export function marking(usual: typeof fetch): Marked {
  const secrets = new Map<string, string>();
  const open = new Set<string>();
  const keep = (what: string, value: string): void => {
    if (value.length >= SHORTEST && !secrets.has(value) && !open.has(value)) secrets.set(value, what);
  };
  const keepFields = (from: string, fields: Iterable<[string, unknown]>, secret = SECRET_FIELDS): void => {
    for (const [name, value] of fields) {
      if (secret.test(name) && !KIND_FIELDS.test(name)) keep(`${name} ${from}`, String(value));
    }
  };
  const watched: typeof fetch = async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    keepFields(`in ${url}`, new URL(url).searchParams);
    const authorization = new Headers(init?.headers).get('authorization');
    if (authorization !== null) keep(`credentials at ${url}`, authorization.split(' ')[1] ?? '');
    if (init?.body !== undefined && init.body !== null) keepFields(`sent to ${url}`, fieldsOf(String(init.body)));
    const answer = await usual(input, init);
    for (const cookie of answer.headers.getSetCookie()) {
      keep(`cookie of ${url}`, /^[^=]+=([^;]*)/.exec(cookie)?.[1] ?? '');
    }
    if (/json/.test(answer.headers.get('content-type') ?? '')) {
      keepFields(`from ${url}`, fieldsOf(await answer.clone().text()), SECRET_ANSWERS);
    }
    return answer;
  };
  return {
    fetch: watched,
    keep,
    leaveOut: (values) => {
      for (const value of values) open.add(value);
    },
    kinds: () => [...secrets.values()],
    standingIn: (text) => {
      const stands = standsIn(text);
      return [...secrets]
        .filter(([value]) => stands(value) || stands(encodeURIComponent(value)))
        .map(([, what]) => what);
    },
  };
}

/** Of a form or of an object in JSON. */
function fieldsOf(body: string): Iterable<[string, unknown]> {
  try {
    return Object.entries(JSON.parse(body) ?? {});
  } catch {
    return new URLSearchParams(body);
  }
}

const standsIn = (text: string) => (value: string) =>
  /^\d+$/.test(value) ? new RegExp(`(?<![\\w-])${value}(?![\\w-])`).test(text) : text.includes(value);

/** Undefined unless MARKED=yes: of all that this file of tests does. */
export const markedEverywhere: Marked | undefined =
  process.env['MARKED'] === 'yes' ? marking(globalThis.fetch) : undefined;
if (markedEverywhere !== undefined) globalThis.fetch = markedEverywhere.fetch;

const LEVELS: Readonly<Record<string, number>> = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

/** Whether a server that was started with `asked` would have written this line. */
export const isWrittenAt = (asked: string, line: { readonly level?: unknown }): boolean =>
  (LEVELS[String(line.level)] ?? 0) >= (LEVELS[asked] ?? Number.POSITIVE_INFINITY);

/** @throws with what stands in it, in words */
export function expectNoMark(text: string): void {
  const told = markedEverywhere?.standingIn(text) ?? [];
  if (told.length > 0) throw new Error(`The log has what nobody may read there:\n${told.join('\n')}`);
}
