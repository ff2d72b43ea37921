// The keys that sign tokens, without their private parts; and replacing them before their time.
import { z } from 'zod';
import { revokeKeyAs, rotateKeysAs } from '../../administration/keys-as.ts';
import { changesAt } from '../../keys/coming.ts';
import { describeKeys } from '../../keys/signing-keys.ts';
import type { ApiDeps } from '../deps.ts';
import { found, moment, name, said } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';

const key = z
  .object({
    kid: z.string(),
    algorithm: z.string(),
    stage: z.enum(['next', 'active', 'retired']),
    created_at: moment,
    activated_at: moment.nullable(),
    retired_at: moment.nullable(),
    changes_at: moment.nullable().describe('When it signs, signs no more, or goes, if nobody does anything.'),
  })
  .meta({ id: 'Key' });

const rotations = z.object({
  items: z.array(z.object({ kid: z.string(), algorithm: z.string(), signs_from: moment })),
});

export const keyOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listKeys',
    method: 'GET',
    path: '/keys',
    needs: 'keys:read',
    tag: 'Server',
    summary: 'The keys that sign tokens, without their private parts',
    success: { status: 200, description: 'All of them.', schema: z.object({ items: z.array(key) }) },
    run: async () => {
      const keys = await describeKeys(deps.db);
      const items = keys.map((each) => ({
        kid: each.kid,
        algorithm: each.algorithm,
        stage: each.stage,
        created_at: each.createdAt.toISOString(),
        activated_at: said(each.activatedAt),
        retired_at: said(each.retiredAt),
        changes_at: said(changesAt(each, keys, deps.config.keys)),
      }));
      return { status: 200, body: { items } };
    },
  }),
  operation({
    id: 'rotateKeys',
    method: 'POST',
    path: '/keys/rotate',
    needs: 'keys:rotate',
    tag: 'Server',
    summary: 'Replace the keys that sign, once every app can know the next ones',
    description:
      'With now: true the next keys sign at once. Apps that have cached the old ones and do not ask again refuse tokens for minutes then.',
    body: z.strictObject({ now: z.boolean().default(false) }),
    success: { status: 200, description: 'The keys that sign, or will.', schema: rotations },
    run: async ({ by, body }) => {
      const answer = done(await rotateKeysAs(deps, by, body));
      await deps.followKeys();
      const at = deps.clock.now().getTime();
      const items = (answer?.rotations ?? []).map(({ kid, algorithm, signsInSeconds }) => ({
        kid,
        algorithm,
        signs_from: new Date(at + signsInSeconds * 1000).toISOString(),
      }));
      return { status: 200, body: { items } };
    },
  }),
  operation({
    id: 'revokeKey',
    method: 'DELETE',
    path: '/keys/:kid',
    needs: 'keys:rotate',
    tag: 'Server',
    summary: 'Take a key out of use at once, with every token that it has signed',
    description:
      'Where it signs, another one does from then on. The access token of this very call may be among those it signed.',
    params: z.object({ kid: name }),
    success: {
      status: 200,
      description: 'It is gone.',
      schema: z.object({ replaced_by: z.string().nullable().describe('The key that signs in its place.') }),
    },
    run: async ({ by, params }) => {
      const { revocation } = found(done(await revokeKeyAs(deps, by, params)));
      await deps.followKeys();
      return { status: 200, body: { replaced_by: revocation.replacedBy ?? null } };
    },
  }),
];
