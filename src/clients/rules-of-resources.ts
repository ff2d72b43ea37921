// Scopes and APIs that a client names must be ones that there are, or that the configuration defines.
import type { Resource } from '../config/config.ts';
import { didYouMean } from '../config/did-you-mean.ts';
import type { ClientDraft, Finding } from './client-draft.ts';

export interface KnownAudiences {
  /** Undefined when the configuration's own are wrong: then nothing can be compared. */
  readonly resources: ReadonlyMap<string, Resource> | undefined;
  readonly defaultAudience: string | undefined;
  readonly scopes: readonly string[] | undefined;
}

export function* brokenReferences({ file }: ClientDraft, known: KnownAudiences): Iterable<Finding> {
  const { resources, defaultAudience } = known;
  if (file.scope !== undefined && known.scopes !== undefined) yield* unknownWords(file.scope, known.scopes);
  if (resources === undefined) return;
  for (const [audience, scopes] of Object.entries(file.resources ?? {})) {
    const resource = resources.get(audience);
    if (resource !== undefined) yield* unknownScopes(resource, scopes);
    else yield { path: ['resources', audience], message: unknownAudience(audience, resources.keys()) };
  }
  for (const [index, audience] of (file.introspect ?? []).entries()) {
    const isKnown = resources.has(audience) || audience === defaultAudience || defaultAudience === undefined;
    if (!isKnown) yield { path: ['introspect', index], message: unknownAudience(audience, resources.keys()) };
  }
}

function* unknownWords(scope: string, known: readonly string[]): Iterable<Finding> {
  const unknown = scope.split(' ').find((word) => !known.includes(word));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, known) || '; scopes of an API belong under resources';
  const message = `expected words out of ${known.join(', ')} with one space between them, found ${JSON.stringify(unknown)}${hint}`;
  yield { path: ['scope'], message };
}

function* unknownScopes({ audience, name, scopes: known }: Resource, stated: readonly string[]): Iterable<Finding> {
  for (const [index, scope] of stated.entries()) {
    if (known.has(scope)) continue;
    const message = `${JSON.stringify(scope)} is not a scope of ${name}${didYouMean(scope, known.keys())}`;
    yield { path: ['resources', audience, index], message };
  }
}

const unknownAudience = (audience: string, known: Iterable<string>): string =>
  `${JSON.stringify(audience)} is not among the resources of gatehouse.yaml${didYouMean(audience, known)}`;
