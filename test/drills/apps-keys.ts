// An app that checks every token it is given with keys that it keeps for a while, and never asks for an unknown one sooner.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { ask, type Entrance, type TokenAnswer } from './visitors.ts';

export interface KeyReader {
  reads(tokens: TokenAnswer): Promise<void>;
  readonly verified: number;
  readonly unverified: number;
  readonly words: readonly string[];
}

export function keyReader(entrance: Entrance, cachedSeconds: number): KeyReader {
  let keys: Promise<ReturnType<typeof createLocalJWKSet>> | undefined;
  let until = 0;
  let verified = 0;
  const words: string[] = [];
  const fresh = async () => createLocalJWKSet(JSON.parse((await ask(entrance, '/jwks')).text) as JSONWebKeySet);
  const current = () => {
    if (keys === undefined || Date.now() > until) {
      until = Date.now() + cachedSeconds * 1000;
      keys = fresh();
      keys.catch(() => {
        keys = undefined;
      });
    }
    return keys;
  };
  return {
    async reads({ id_token: idToken, access_token: accessToken }) {
      for (const token of [idToken, accessToken]) {
        await jwtVerify(token, await current(), { issuer: entrance.issuer }).then(
          () => {
            verified += 1;
          },
          (error: Error) => words.push(`not verified: ${error.message}`),
        );
      }
    },
    get verified() {
      return verified;
    },
    get unverified() {
      return words.length;
    },
    words,
  };
}
