// What of a caller's text may be kept: bounded, without passwords in addresses, without values nobody registered.

/** Characters. A registered address is shorter; what is longer was not meant to be read. */
const LONGEST = 300;
export const MASK = '***';

/** Characters of a parameter without a name that may be a code or a token. */
const LONG = 16;

/** Secrets of ours, and JWTs: somebody puts them into the wrong field sooner or later. */
const TELLING = /ghs_[\w-]+|eyJ[\w-]{4,}(?:\.[\w-]*)*/g;

/** jsonb takes neither NUL nor half of a surrogate pair, and cutting off may leave half of one. */
export function harmless(text: string): string {
  const masked = text.replace(TELLING, MASK);
  const bounded = masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked;
  return bounded.toWellFormed().replaceAll('\0', '\ufffd');
}

/**
 * The text as it came, so that it can be compared character by character, but without user name and password, without the
 * fragment, and without the value of any parameter that does not stand in one of the registered addresses, also where
 * the question mark is missing or encoded.
 */
export function harmlessAddress(address: string, registered: readonly string[]): string {
  const [beforeFragment = '', fragment] = splitAt(address, '#');
  const [place = '', query] = splitAt(beforeFragment, '?');
  const known = new Set(registered.flatMap((each) => splitAt(each, '?')[1]?.split('&') ?? []));
  const parameters = query?.split('&').map((pair) => (known.has(pair) ? pair : withoutValue(pair)));
  const masked = [
    withoutUser(place).replace(VALUE_IN_PATH, (whole, name: string) =>
      registered.some((each) => each.includes(whole)) ? whole : `${name}${MASK}`,
    ),
    ...(parameters === undefined ? [] : [`?${parameters.join('&')}`]),
    ...(fragment === undefined ? [] : [fragment === '' ? '#' : `#${MASK}`]),
  ];
  return harmless(masked.join(''));
}

/** `;jsessionid=…`, and what an app appended by the wrong character. */
const VALUE_IN_PATH = /((?:[;&]|%3b|%3f|%26)[^=;&/%]*(?:=|%3d))[^;&/]+/gi;

/** Browsers take `https:user@host` and backslashes too. */
const withoutUser = (place: string): string =>
  place
    .replace(/([/\\]{2})[^/\\]*@/, `$1${MASK}@`)
    .replace(/^(\s*(?!\s)(?:[a-z][a-z\d+.-]*:)?[/\\]?)[^/\\]*@/i, `$1${MASK}@`);

function splitAt(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function withoutValue(pair: string): string {
  const [name, value] = splitAt(pair, '=');
  if (value === undefined) return name.length < LONG ? name : MASK;
  return value === '' ? pair : `${name}=${MASK}`;
}
