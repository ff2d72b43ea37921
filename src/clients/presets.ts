// What each preset decides when the file says nothing, and what it does not allow.
import type { ClientAuthMethod, GrantType, Preset } from './client.ts';
import type { ClientFile } from './client-file.ts';

interface PresetRules {
  /** The first is the default. */
  readonly authMethods: readonly ClientAuthMethod[];
  readonly grantTypes: readonly GrantType[];
  readonly defaultGrantTypes: readonly GrantType[];
  readonly defaultScopes: readonly string[];
  /** People sign in through it. */
  readonly isInteractive: boolean;
}

const CONFIDENTIAL: readonly ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const PUBLIC: readonly ClientAuthMethod[] = ['none'];
const SIGN_IN: readonly GrantType[] = ['authorization_code', 'refresh_token'];
/** `offline_access` is not among them: a client that works without its user says so. */
const SIGN_IN_SCOPES = ['openid', 'profile', 'email', 'roles'];

const publicApp: PresetRules = {
  authMethods: PUBLIC,
  grantTypes: SIGN_IN,
  defaultGrantTypes: SIGN_IN,
  defaultScopes: SIGN_IN_SCOPES,
  isInteractive: true,
};

export const PRESETS: Readonly<Record<Preset, PresetRules>> = {
  web: { ...publicApp, authMethods: CONFIDENTIAL, grantTypes: [...SIGN_IN, 'client_credentials'] },
  spa: publicApp,
  native: publicApp,
  service: {
    authMethods: CONFIDENTIAL,
    grantTypes: ['client_credentials'],
    defaultGrantTypes: ['client_credentials'],
    defaultScopes: [],
    isInteractive: false,
  },
};

/** Undefined when the preset is not known. */
export const authMethodOf = (file: Partial<ClientFile>): ClientAuthMethod | undefined =>
  file.token_endpoint_auth_method ?? (file.preset && PRESETS[file.preset].authMethods[0]);

export const grantTypesOf = (file: Partial<ClientFile>): readonly GrantType[] | undefined =>
  file.grant_types ?? (file.preset && PRESETS[file.preset].defaultGrantTypes);
