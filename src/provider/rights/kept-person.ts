// A person whom one part of a request has just read, and the next one asks for.
import { Provider } from 'oidc-provider';
import type { Person } from '../../profiles/person.ts';

const kept = new WeakMap<object, Person>();

/** For whoever in this request of the engine asks next. */
export function keepPerson(person: Person): void {
  if (Provider.ctx !== undefined) kept.set(Provider.ctx, person);
}

/** Once; undefined where nobody has kept them. */
export function takePerson(ctx: object, accountId: string): Person | undefined {
  const person = kept.get(ctx);
  kept.delete(ctx);
  return person?.account.id === accountId ? person : undefined;
}
