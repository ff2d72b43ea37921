// JWT access tokens that were revoked before they expired. There is a row for each of these, and for no other token.
import { findPayload, insertPayloadOnce, type StoreDeps } from './payloads.ts';

const MODEL = 'RevokedAccessToken';

/** Seconds; the longest that the configuration lets any access token live. */
const LONGEST_TOKEN_SECONDS = 86_400;

export async function markRevoked(deps: StoreDeps, jti: string): Promise<void> {
  await insertPayloadOnce(deps, { model: MODEL, id: jti, payload: {}, expiresInSeconds: LONGEST_TOKEN_SECONDS });
}

export const wasRevoked = async (deps: StoreDeps, jti: string): Promise<boolean> =>
  (await findPayload(deps, MODEL, jti)) !== undefined;
