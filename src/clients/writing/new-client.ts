// The text of a new client file: what has to be stated, and comments for what an operator is likely to ask next.
import { schemaLine } from '../../config/editing/json-schema.ts';
import { yamlScalar } from '../../config/editing/yaml-text.ts';
import type { Preset } from '../client.ts';
import { PRESETS } from '../presets.ts';
import { SCHEMA_FILES } from './schemas.ts';

export interface NewClient {
  readonly clientId: string;
  readonly preset: Preset;
  readonly name: string | undefined;
  readonly redirectUris: readonly string[];
  /** For a client that keeps a secret. */
  readonly secret: { readonly hash: string; readonly created: string } | undefined;
}

export const keepsSecret = (preset: Preset): boolean => PRESETS[preset].authMethods.includes('client_secret_basic');

/** Not yet checked: names and addresses stand in it as they were given. */
export function newClientYaml({ clientId, preset, name, redirectUris, secret }: NewClient): string {
  return [
    schemaLine(`../${SCHEMA_FILES.client}`),
    ...WHAT_IT_IS[preset].map((line) => `# ${line}`),
    `client_id: ${yamlScalar(clientId)}`,
    ...(name === undefined ? [] : [`client_name: ${yamlScalar(name)}`]),
    `preset: ${preset}`,
    ...(redirectUris.length === 0 ? [] : ['redirect_uris:', ...redirectUris.map((uri) => `  - ${yamlScalar(uri)}`)]),
    ...(secret === undefined ? [] : ['', ...secretLines(clientId, secret)]),
    '',
    ...(PRESETS[preset].isInteractive ? SIGN_IN_LINES : SERVICE_LINES),
    '',
  ].join('\n');
}

const WHAT_IT_IS: Readonly<Record<Preset, readonly string[]>> = {
  web: ['A web application with a server of its own, which keeps a secret.'],
  spa: [
    'An application that runs in the browser alone. It has no secret; PKCE protects it, and refresh tokens rotate.',
  ],
  native: [
    'An application installed on a phone or a computer. It has no secret; PKCE protects it, and refresh tokens rotate.',
  ],
  service: ['A program that acts for itself, without a person (grant client_credentials).'],
};

const secretLines = (clientId: string, { hash, created }: { hash: string; created: string }): readonly string[] => [
  '# The secret itself was shown once. To replace it while the app runs: let',
  `# "gatehouse client secret new ${clientId}" add another one, give it to the app, then take the old one out.`,
  'client_secrets:',
  `  - hash: ${hash}`,
  `    created: ${created}`,
];

const SIGN_IN_LINES = [
  '# What may be added; without it, what stands here holds.',
  '# post_logout_redirect_uris: []           # where people may be sent after signing out',
  '# scope: openid profile email roles       # add offline_access for refresh tokens that outlive the session',
  '# consent: ask                            # skip for apps of your own',
  '# access: { require_any_role: [] }        # who may sign in here; everybody',
  '# roles: { include: ["*"] }               # which roles the app sees',
];

const SERVICE_LINES = [
  '# What may be added; without it, what stands here holds.',
  '# roles: { assign: [] }                   # the roles in its access tokens',
  '# resources: {}                           # APIs of gatehouse.yaml: { "https://api.example.com": [orders:read] }',
];
