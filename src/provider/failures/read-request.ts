// Reads a refused request out of the engine's context: only what may be kept, as plain values.
import type { KoaContextWithOIDC } from 'oidc-provider';
import {
  type Credentials,
  type FailedRequest,
  HARMLESS_PARAMETERS,
  type HarmlessParameter,
} from '../../explanations/failed-request.ts';
import { rememberedOf } from './remembered.ts';

export function readFailedRequest(ctx: KoaContextWithOIDC, error: Error): FailedRequest {
  const {
    error: code,
    error_description: description,
    error_detail: detail,
  } = error as Error & Record<string, unknown>;
  const sent = parametersOf(ctx);
  const remembered = rememberedOf(ctx);
  return {
    endpoint: ctx.oidc?.route ?? '',
    error: text(code) ?? error.name,
    description: text(description),
    detail: text(detail),
    clientId: ctx.oidc?.client?.clientId ?? text(sent['client_id']) ?? basicUser(ctx),
    parameters: harmlessOnes(sent),
    verifierLength: text(sent['code_verifier'])?.length,
    challengeLength: text(sent['code_challenge'])?.length,
    credentials: credentialsOf(ctx, sent, remembered.expiredSecret),
    presented: remembered.token,
    proof: proofOf(ctx),
  };
}

type Sent = Readonly<Record<string, unknown>>;

/** What the engine took out again (a repeated or unsupported parameter) still stands in the query or in the body. */
function parametersOf(ctx: KoaContextWithOIDC): Sent {
  const raw = ctx.method === 'POST' ? (ctx.oidc?.body as Sent | undefined) : ctx.query;
  const defined = Object.entries(ctx.oidc?.params ?? {}).filter(([, value]) => value !== undefined);
  return { ...raw, ...Object.fromEntries(defined) };
}

function harmlessOnes(sent: Sent): FailedRequest['parameters'] {
  const kept: Partial<Record<HarmlessParameter, readonly string[]>> = {};
  for (const name of HARMLESS_PARAMETERS) {
    const values = [sent[name]].flat().filter((value): value is string => typeof value === 'string');
    if (values.length > 0) kept[name] = values;
  }
  return kept;
}

function credentialsOf(ctx: KoaContextWithOIDC, sent: Sent, expired: Date | undefined): Credentials {
  const assertion = text(sent['client_assertion']);
  const method =
    assertion !== undefined
      ? 'private_key_jwt'
      : sent['client_secret'] !== undefined
        ? 'client_secret_post'
        : /^basic /i.test(ctx.get('authorization'))
          ? 'client_secret_basic'
          : 'none';
  return {
    method,
    expiredAt: expired?.toISOString(),
    assertion: assertion === undefined ? undefined : claimsOfAssertion(assertion),
  };
}

function claimsOfAssertion(assertion: string): Credentials['assertion'] {
  const [header, payload] = assertion.split('.', 2).map(decoded);
  const exp = payload?.['exp'];
  return {
    ...strings({ alg: header?.['alg'], kid: header?.['kid'], iss: payload?.['iss'] }),
    ...strings({ aud: [payload?.['aud']].flat().join(' ') }),
    ...(typeof exp === 'number' ? { exp } : {}),
  };
}

function proofOf(ctx: KoaContextWithOIDC): FailedRequest['proof'] {
  const proof = ctx.get('dpop');
  if (proof === '') return undefined;
  const payload = decoded(proof.split('.')[1] ?? '');
  const iat = payload['iat'];
  const { htm, htu } = payload;
  return { ...strings({ htm, htu }), ...(typeof iat === 'number' ? { iat } : {}) };
}

/** One part of a JWT, unverified; nothing of it for what is none. */
function decoded(part: string): Sent {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Sent) : {};
  } catch {
    return {};
  }
}

const strings = <Name extends string>(values: Record<Name, unknown>): Partial<Record<Name, string>> =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value === 'string' && value !== ''),
  ) as Partial<Record<Name, string>>;

function basicUser(ctx: KoaContextWithOIDC): string | undefined {
  const encoded = /^basic (\S+)$/i.exec(ctx.get('authorization'))?.[1];
  const user = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8').split(':')[0];
  try {
    return user === undefined ? undefined : decodeURIComponent(user);
  } catch {
    return user;
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
