// What of a caller's text may be kept: bounded, without passwords in addresses, without values nobody registered.

/** Characters. A registered address is shorter; what is longer was not meant to be read. */
const LONGEST = 300;
const MASK = '***';

/** Secrets of ours, and JWTs: somebody puts them into the wrong field sooner or later. */
const TELLING = /ghs_[\w-]+|eyJ[\w-]{4,}(?:\.[\w-]*)*/g;

export function harmless(text: string): string {
  const masked = text.replace(TELLING, MASK);
  return masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked;
}

/**
 * The text as it came, so that it can be compared character by character, but without user name and password, without the
 * fragment, and without the value of any parameter that does not stand in one of the registered addresses.
 */
export function harmlessAddress(address: string, registered: readonly string[]): string {
  const [beforeFragment = '', fragment] = splitAt(address, '#');
  const [place = '', query] = splitAt(beforeFragment, '?');
  const known = new Set(registered.flatMap((each) => splitAt(each, '?')[1]?.split('&') ?? []));
  const parameters = query?.split('&').map((pair) => (known.has(pair) ? pair : withoutValue(pair)));
  const masked = [
    place.replace(/(\/\/)[^/\\]*@/, `$1${MASK}@`),
    ...(parameters === undefined ? [] : [`?${parameters.join('&')}`]),
    ...(fragment === undefined ? [] : [fragment === '' ? '#' : `#${MASK}`]),
  ];
  return harmless(masked.join(''));
}

function splitAt(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function withoutValue(pair: string): string {
  const [name, value] = splitAt(pair, '=');
  return value === undefined || value === '' ? pair : `${name}=${MASK}`;
}
