// Scopes, APIs and attributes that a client names must be ones that there are, or that the configuration defines.
import type { Attribute, Resource } from '../config/config.ts';
import { didYouMean } from '../config/did-you-mean.ts';
import { API_PATH } from '../config/roles/product-api.ts';
import { ALL_PRODUCT_PERMISSIONS, PRODUCT_RESOURCE } from '../config/roles/product-permissions.ts';
import type { ClientDraft, Finding } from './client-draft.ts';
import { conditionProblems } from './rights/access-conditions.ts';
import { DEFAULT_ROLE_FORMAT, topClaimOf } from './rights/role-format.ts';

export interface KnownAudiences {
  /** Undefined when the configuration's own are wrong: then nothing can be compared. */
  readonly resources: ReadonlyMap<string, Resource> | undefined;
  readonly defaultAudience: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly attributes: ReadonlyMap<string, Attribute> | undefined;
}

export function* brokenReferences({ file }: ClientDraft, known: KnownAudiences): Iterable<Finding> {
  const { resources, defaultAudience } = known;
  if (file.scope !== undefined && known.scopes !== undefined) yield* unknownWords(file.scope, known.scopes);
  if (known.attributes !== undefined) yield* conditionProblems(file.access?.attributes ?? {}, known.attributes);
  if (known.attributes !== undefined) yield* takenClaim(file, known.attributes);
  if (resources === undefined) return;
  for (const [audience, scopes] of Object.entries(file.resources ?? {})) {
    if (audience === PRODUCT_RESOURCE) {
      yield* wrongForProduct(file, scopes);
      continue;
    }
    const resource = resources.get(audience);
    if (resource !== undefined) yield* unknownScopes(resource, scopes);
    else yield { path: ['resources', audience], message: unknownAudience(audience, resources.keys()) };
  }
  for (const [index, audience] of (file.introspect ?? []).entries()) {
    const isKnown = resources.has(audience) || audience === defaultAudience || defaultAudience === undefined;
    if (!isKnown) yield { path: ['introspect', index], message: unknownAudience(audience, resources.keys()) };
  }
}

function* takenClaim({ roles }: ClientDraft['file'], attributes: ReadonlyMap<string, Attribute>): Iterable<Finding> {
  const { claim = DEFAULT_ROLE_FORMAT.claim, as: form = DEFAULT_ROLE_FORMAT.as } = roles ?? {};
  const top = topClaimOf({ claim, as: form });
  const taken = [...attributes.values()].find((attribute) => attribute.claim === top);
  if (taken === undefined) return;
  const message = `the attribute ${taken.name} of gatehouse.yaml stands in the claim ${top} already; choose another`;
  yield { path: ['roles', 'claim'], message };
}

function* unknownWords(scope: string, known: readonly string[]): Iterable<Finding> {
  const unknown = scope.split(' ').find((word) => !known.includes(word));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, known) || '; scopes of an API belong under resources';
  const message = `expected words out of ${known.join(', ')} with one space between them, found ${JSON.stringify(unknown)}${hint}`;
  yield { path: ['scope'], message };
}

const unknownScopes = ({ audience, name, scopes }: Resource, stated: readonly string[]): Iterable<Finding> =>
  notAmong([...scopes.keys()], { audience, name, stated });

/** The API of this server: for services alone, and its scopes are the permissions of the product. */
function* wrongForProduct({ preset }: ClientDraft['file'], stated: readonly string[]): Iterable<Finding> {
  if (preset !== undefined && preset !== 'service') {
    const message = `only preset service administers this server, not ${preset}: it takes no tokens of people`;
    yield { path: ['resources', PRODUCT_RESOURCE], message };
  }
  yield* notAmong(ALL_PRODUCT_PERMISSIONS, { audience: PRODUCT_RESOURCE, name: 'the API of this server', stated });
}

function* notAmong(
  known: readonly string[],
  { audience, name, stated }: { audience: string; name: string; stated: readonly string[] },
): Iterable<Finding> {
  for (const [index, scope] of stated.entries()) {
    if (known.includes(scope)) continue;
    const message = `${JSON.stringify(scope)} is not a scope of ${name}${didYouMean(scope, known)}`;
    yield { path: ['resources', audience, index], message };
  }
}

function unknownAudience(audience: string, known: Iterable<string>): string {
  const hint = audience.endsWith(API_PATH)
    ? `; the API of this server itself is called ${PRODUCT_RESOURCE} here`
    : didYouMean(audience, [...known, PRODUCT_RESOURCE]);
  return `${JSON.stringify(audience)} is not among the resources of gatehouse.yaml${hint}`;
}
