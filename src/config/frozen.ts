// Makes what was loaded unchangeable, all the way down.

/** A Map that cannot be changed once made: Object.freeze alone leaves set() working. */
class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: Iterable<readonly [K, V]>) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    Object.freeze(this);
  }
  override set(): never {
    throw new TypeError('This map is frozen');
  }
  override delete(): never {
    throw new TypeError('This map is frozen');
  }
  override clear(): never {
    throw new TypeError('This map is frozen');
  }
}

export const frozenMap = <K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> =>
  new FrozenMap(Array.from(entries, ([key, value]) => [key, deepFreeze(value)] as const));

/** Freezes objects and arrays and what they hold. Buffers and Dates stay as they are: JavaScript cannot freeze them. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (ArrayBuffer.isView(value) || value instanceof Date) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** The same of what another process has sent, where maps have come as maps that can be changed. */
export function frozenCopy<T>(value: T): T;
export function frozenCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (value instanceof Map) return frozenMap(Array.from(value, ([key, each]) => [key, frozenCopy(each)] as const));
  if (Array.isArray(value)) return Object.freeze(value.map((each) => frozenCopy(each)));
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, each]) => [key, frozenCopy(each)])));
}
