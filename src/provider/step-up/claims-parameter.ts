// The request parameter `claims` (OpenID Connect Core section 5.5), reduced to what it can change here: acr and sub.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { type Acr, isAcr } from './acr.ts';

/** Characters. Every claim we have, asked for in both places with a value, is a quarter of it. */
const LONGEST = 4096;

/** OpenID Connect Core section 2: a subject is at most 255 ASCII characters. */
const subject = z.string().regex(/^[\x20-\x7e]{1,255}$/);

const wish = <T extends z.ZodType>(value: T) =>
  z.object({ essential: z.boolean().optional(), value: value.optional(), values: z.array(value).min(1).optional() });

const claimsParameter = z.object({
  id_token: z.object({ acr: wish(z.string()).nullish(), sub: wish(subject).nullish() }).optional(),
  userinfo: z.object({ sub: wish(subject).nullish() }).optional(),
});

/** What is kept of the parameter. Claims that are covered by a granted scope are served without it, others not at all. */
export interface RequestedClaims {
  readonly id_token?: { readonly acr?: RequestedAcr; readonly sub?: RequestedSubjects };
  readonly userinfo?: { readonly sub?: RequestedSubjects };
}

export interface RequestedAcr {
  readonly essential: boolean;
  readonly values: readonly Acr[];
}

interface RequestedSubjects {
  readonly values: readonly string[];
}

/**
 * Puts what is understood in place of what was sent, so that nothing else reaches the engine, a row or a token. What is
 * not understood is ignored, as the specification asks; a malformed acr or sub is not, because it was meant to limit.
 * @throws InvalidRequest, UnmetAuthenticationRequirements (an essential acr that there is not)
 */
export function reduceClaims(ctx: KoaContextWithOIDC, sent: unknown): void {
  const { params } = ctx.oidc;
  if (params === undefined) return;
  if (String(params['claims']).length > LONGEST) throw new errors.InvalidRequest('claims parameter is too long');
  const read = claimsParameter.safeParse(sent);
  if (!read.success) {
    const place = read.error.issues[0]?.path.join('.') ?? '';
    throw new errors.InvalidRequest(`claims.${place} is malformed`);
  }
  const { id_token: idToken, userinfo } = read.data;
  const acr = acrOf(idToken?.acr);
  const kept: RequestedClaims = {
    id_token: { ...(acr === undefined ? {} : { acr }), ...subjectsOf(idToken?.sub) },
    userinfo: subjectsOf(userinfo?.sub),
  };
  params['claims'] = JSON.stringify(kept);
}

type Wish = z.output<ReturnType<typeof wish<z.ZodString>>> | null | undefined;

function acrOf(asked: Wish): RequestedAcr | undefined {
  const stated = valuesOf(asked);
  if (asked === undefined || asked === null || stated === undefined) return undefined;
  const values = stated.filter(isAcr);
  // Section 5.5.1.1: an essential acr that cannot be reached is a failed authentication, whoever it would be.
  if (asked.essential === true && values.length === 0) {
    throw new errors.UnmetAuthenticationRequirements('none of the requested authentication contexts is offered');
  }
  return values.length === 0 ? undefined : { essential: asked.essential === true, values };
}

function subjectsOf(asked: Wish): { sub?: RequestedSubjects } {
  const values = valuesOf(asked);
  return values === undefined ? {} : { sub: { values } };
}

function valuesOf(asked: Wish): string[] | undefined {
  if (asked?.value === undefined && asked?.values === undefined) return undefined;
  return [...(asked.value === undefined ? [] : [asked.value]), ...(asked.values ?? [])];
}

/** Of a request that the engine has taken: what `reduceClaims` left of the parameter. */
export const requestedClaims = ({ claims }: { readonly claims?: string | undefined }): RequestedClaims =>
  claims === undefined ? {} : (JSON.parse(claims) as RequestedClaims);
