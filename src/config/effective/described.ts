// Something typed becomes keys and values that can be kept as JSON and compared: the compiler asks for every field.

/** null: not stated, or none. Lists are sets: their order says nothing. */
export type Value = string | number | boolean | null | readonly string[];
export type Described = Readonly<Record<string, Value>>;

/** A key for what is a value already, or a function for what has to be put into keys and values first. */
type Describe<T> = [T] extends [Value | undefined] ? string | ((value: T) => Described) : (value: T) => Described;
export type Keys<S> = { readonly [F in keyof S]-?: Describe<S[F]> };

/** In the order of `keys`. A field that is not in `keys` does not compile; one that says nothing describes nothing. */
export function described<S extends object>(subject: S, keys: Keys<S>): Described {
  const fields = Object.entries(keys) as [keyof S, string | ((value: unknown) => Described)][];
  return Object.assign(
    {},
    ...fields.map(([field, describe]) =>
      typeof describe === 'string'
        ? { [describe]: (subject[field] as Value | undefined) ?? null }
        : describe(subject[field]),
    ),
  );
}

/** For fields that are no semantics of their own. */
export const nothing = (): Described => ({});

export interface FieldChange {
  readonly key: string;
  readonly before: Value;
  readonly after: Value;
}

/**
 * In the order of `after`, then what only `before` has. A key that one side does not know at all is another release's,
 * and passed over, unless it names something that comes and goes (`isOptional`).
 */
export function changesBetween(
  before: Described,
  after: Described,
  isOptional: (key: string) => boolean = () => false,
): readonly FieldChange[] {
  const keys = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return keys
    .filter((key) => isOptional(key) || (key in before && key in after))
    .map((key) => ({ key, before: before[key] ?? null, after: after[key] ?? null }))
    .filter((change) => !isSame(change.before, change.after));
}

export function isSame(left: Value, right: Value): boolean {
  if (!isList(left) || !isList(right)) return left === right;
  return left.length === right.length && newItems(left, right).length === 0;
}

const isList = (value: Value): value is readonly string[] => Array.isArray(value);

/** What of a list was not in another one; no list is an empty one. */
export const newItems = (before: Value, after: Value): readonly string[] =>
  listOf(after).filter((item) => !listOf(before).includes(item));

export const listOf = (value: Value): readonly string[] => (isList(value) ? value : []);
