// What somebody tries who has most of a secret value: shorter, longer, one character off.

/** At most this many of each kind, spread evenly; the first and the last are always among them. */
const SAMPLES = 45;

export interface Mutation {
  readonly what: string;
  readonly value: string;
}

export function mutationsOf(value: string, samples = SAMPLES): readonly Mutation[] {
  const at = spread(value.length, samples);
  const replaced = (index: number, by: string) => value.slice(0, index) + by + value.slice(index + 1);
  const all = [
    ...at.map((length) => ({ what: `its first ${length}`, value: value.slice(0, length) })),
    ...at.slice(1, 8).map((index) => ({ what: `without its first ${index}`, value: value.slice(index) })),
    ...at.map((index) => ({ what: `another character at ${index}`, value: replaced(index, neighbour(value[index])) })),
    ...at.map((index) => ({ what: `the other case at ${index}`, value: replaced(index, otherCase(value[index])) })),
    ...['\0', ' ', '\n', '.', '=', 'A', '%00', '%20', '\u00a0', '~'].map((tail) => ({
      what: `with ${JSON.stringify(tail)} appended`,
      value: value + tail,
    })),
    { what: 'with a NUL before it', value: `\0${value}` },
    { what: 'with a blank before it', value: ` ${value}` },
    ...['~', '~.', 'a.', '.'].map((head) => ({ what: `with ${head} before it`, value: head + value })),
    { what: 'with a blank in it', value: `${value.slice(0, 10)} ${value.slice(10)}` },
    { what: 'twice', value: value + value },
    { what: 'in capitals', value: value.toUpperCase() },
    { what: 'in small letters', value: value.toLowerCase() },
    { what: 'backwards', value: [...value].reverse().join('') },
    { what: 'a wildcard', value: `${value.slice(0, 8)}%` },
    { what: 'an empty text', value: '' },
  ];
  const different = new Map(all.filter((each) => each.value !== value).map((each) => [each.value, each]));
  return [...different.values()];
}

function spread(length: number, count: number): readonly number[] {
  const step = Math.max(1, (length - 1) / (count - 1));
  return [...new Set(Array.from({ length: Math.min(count, length) }, (_, index) => Math.round(index * step)))];
}

/** The next one of the base64url alphabet, which differs in its last bit at most times. */
function neighbour(character = 'A'): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const index = alphabet.indexOf(character);
  return index === -1 ? 'A' : (alphabet[index ^ 1] ?? 'A');
}

const otherCase = (character = ''): string =>
  character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase();
