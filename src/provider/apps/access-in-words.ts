// What an app asks for, or was given, in plain sentences: on the consent page and wherever it is shown later.
import type { Config } from '../../config/config.ts';
import type { Allowed } from '../../sessions/allowed.ts';
import type { Texts } from '../../texts/messages.ts';
import { scopeSentence } from '../scope-sentences.ts';

export interface ScopeInWords {
  readonly value: string;
  readonly sentence: string;
}

export interface AccessInWords {
  readonly scopes: readonly ScopeInWords[];
  /** By API, under its name. */
  readonly resources: readonly { readonly name: string; readonly scopes: readonly ScopeInWords[] }[];
}

export const accessInWords = (
  config: Pick<Config, 'resources' | 'attributes'>,
  t: Texts,
  allowed: Allowed,
): AccessInWords => ({
  scopes: allowed.scopes.map((value) => ({ value, sentence: scopeSentence(config.attributes, t, value) })),
  resources: [...allowed.resources].map(([audience, scopes]) => describeResource(config, t, { audience, scopes })),
});

function describeResource(
  { resources }: Pick<Config, 'resources'>,
  t: Texts,
  { audience, scopes }: { audience: string; scopes: readonly string[] },
) {
  const resource = resources.get(audience);
  return {
    name: resource?.name ?? audience,
    scopes:
      scopes.length === 0
        ? [{ value: audience, sentence: t('consent.api') }]
        : scopes.map((value) => ({ value, sentence: resource?.scopes.get(value) ?? value })),
  };
}
