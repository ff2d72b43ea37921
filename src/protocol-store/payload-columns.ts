// What of a payload stands in columns of its own.
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { databaseNowPlus } from '../database/time.ts';
import type { NewPayload } from './payloads.ts';

/** The columns that follow from a payload. The identifier is not kept in it: it would be the bearer value itself. */
export function columnsOf(clock: Clock, { model, payload, expiresInSeconds }: NewPayload) {
  const { jti: _jti, consumed, ...kept } = payload;
  return {
    payload: JSON.stringify(kept),
    // An interaction names the grant that it may add to, but was not issued under it and does not end with it.
    grant_id: model === 'Interaction' ? null : text(payload['grantId']),
    account_id: text(payload['accountId']),
    client_id: text(payload['clientId']),
    uid: text(payload['uid']),
    user_code: text(payload['userCode']),
    consumed_at: typeof consumed === 'number' ? sql<Date>`to_timestamp(${consumed})` : null,
    expires_at: databaseNowPlus(clock, expiresInSeconds),
  };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
