// Rules between keys of gatehouse.yaml that no single key can see.
import { join, resolve } from 'node:path';
import { imageFileProblem } from './branding/image-file.ts';
import { mmdbFileProblem } from './geo/mmdb-file.ts';
import { leastRetiredHours } from './keys/times.ts';
import type { Path } from './problem.ts';
import { productAudience } from './roles/product-api.ts';
import type { ConfigFile } from './schema.ts';

export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** Keys with problems of their own are missing from `file`; their rules are silent. */
export function brokenRules(
  file: Partial<ConfigFile>,
  { issuer, configDir }: { issuer: string | undefined; configDir: string },
): readonly Finding[] {
  return [
    ...brandingRules(file, configDir),
    ...geoRules(file, configDir),
    ...passwordRules(file),
    ...registrationRules(file),
    ...lifetimeRules(file),
    ...keyRules(file),
    ...resourceRules(file, issuer),
    ...attributeRules(file),
  ];
}

function* brandingRules({ branding }: Partial<ConfigFile>, configDir: string): Iterable<Finding> {
  if (branding?.logo === undefined) return;
  const problem = imageFileProblem(join(configDir, branding.logo));
  if (problem !== undefined) yield { path: ['branding', 'logo'], message: `${branding.logo} ${problem}` };
}

function* geoRules({ geo }: Partial<ConfigFile>, configDir: string): Iterable<Finding> {
  if (geo?.mmdb_file === undefined) return;
  const problem = mmdbFileProblem(resolve(configDir, geo.mmdb_file));
  if (problem !== undefined) yield { path: ['geo', 'mmdb_file'], message: `${geo.mmdb_file} ${problem}` };
}

function* passwordRules({ passwords }: Partial<ConfigFile>): Iterable<Finding> {
  if (passwords !== undefined && passwords.min_length_with_second_factor > passwords.min_length) {
    const path = ['passwords', 'min_length_with_second_factor'];
    yield { path, message: `must not be above passwords.min_length, which is ${passwords.min_length}` };
  }
}

function* registrationRules({ registration, branding }: Partial<ConfigFile>): Iterable<Finding> {
  if (registration?.terms_version !== undefined && branding !== undefined && branding.terms_url === undefined) {
    yield { path: ['registration', 'terms_version'], message: 'needs branding.terms_url: where the terms can be read' };
  }
}

function* lifetimeRules({ sessions, tokens }: Partial<ConfigFile>): Iterable<Finding> {
  if (sessions !== undefined && sessions.idle_minutes > sessions.absolute_hours * 60) {
    const path = ['sessions', 'idle_minutes'];
    yield { path, message: `must not be above sessions.absolute_hours, which is ${sessions.absolute_hours} hours` };
  }
  if (sessions !== undefined && sessions.keep_idle_days > sessions.keep_absolute_days) {
    const path = ['sessions', 'keep_idle_days'];
    yield { path, message: `must not be above sessions.keep_absolute_days, which is ${sessions.keep_absolute_days}` };
  }
  if (tokens !== undefined && tokens.refresh_token_idle_days > tokens.refresh_token_absolute_days) {
    const path = ['tokens', 'refresh_token_idle_days'];
    yield {
      path,
      message: `must not be above tokens.refresh_token_absolute_days, which is ${tokens.refresh_token_absolute_days}`,
    };
  }
}

function* keyRules({ keys, tokens, resources }: Partial<ConfigFile>): Iterable<Finding> {
  if (keys === undefined) return;
  const { rotate_every_days, publish_ahead_hours, keep_retired_hours } = keys;
  if (publish_ahead_hours >= rotate_every_days * 24) {
    const path = ['keys', 'publish_ahead_hours'];
    yield { path, message: `must be below keys.rotate_every_days, which is ${rotate_every_days * 24} hours` };
  }
  if (keep_retired_hours === undefined || tokens === undefined || resources === undefined) return;
  const least = leastRetiredHours({ tokens, resources });
  if (keep_retired_hours < least) {
    const message = `must be at least ${least}: tokens of the key are good for so many hours. Raise it, or lower the lifetimes of tokens`;
    yield { path: ['keys', 'keep_retired_hours'], message };
  }
}

function* resourceRules({ resources, tokens }: Partial<ConfigFile>, issuer: string | undefined): Iterable<Finding> {
  for (const audience of Object.keys(resources ?? {})) {
    const path = ['resources', audience];
    if (audience === issuer) yield { path, message: 'is the issuer itself; an API needs an audience of its own' };
    if (isProductApi(audience, issuer))
      yield { path, message: `${RESERVED_AUDIENCE}; an API needs an audience of its own` };
  }
  if (tokens?.default_audience !== undefined && isProductApi(tokens.default_audience, issuer)) {
    yield { path: ['tokens', 'default_audience'], message: RESERVED_AUDIENCE };
  }
}

/** However it is written: nobody shall take one for the other. */
const isProductApi = (audience: string, issuer: string | undefined): boolean =>
  issuer !== undefined && audience.replace(/(?<!\/)\/+$/, '').toLowerCase() === productAudience(issuer).toLowerCase();

const RESERVED_AUDIENCE = 'is the audience of the API of this server itself';

function* attributeRules({ attributes = {}, resources = {} }: Partial<ConfigFile>): Iterable<Finding> {
  const claims = new Map<string, string>();
  for (const [name, { claim = name, scope }] of Object.entries(attributes)) {
    const path = ['attributes', name];
    const other = claims.get(claim);
    if (other !== undefined) yield { path: [...path, 'claim'], message: `is the claim of attributes.${other} already` };
    claims.set(claim, name);
    const api = Object.entries(resources).find(([, { scopes }]) => Object.hasOwn(scopes, scope));
    if (api !== undefined) yield { path: [...path, 'scope'], message: `is a scope of the API ${api[0]} already` };
  }
}
