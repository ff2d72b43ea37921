// Groups: the roles they give, and who is in them.
import { z } from 'zod';
import { changeGroupAs, createGroupAs, deleteGroupAs } from '../../administration/model/group-model-as.ts';
import { versionOf } from '../../administration/outcomes.ts';
import { findGroup, listGroups } from '../../roles/groups.ts';
import { listMembers } from '../../roles/members.ts';
import { requireMatch } from '../conditions.ts';
import { created } from '../created.ts';
import type { ApiDeps } from '../deps.ts';
import { found, moment, name, said } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { page, pageAmong, pageFields, pageOf } from '../pages.ts';
import { changesOfGroup, confirmation, groupSchema, newGroup, shownGroup } from './schemas.ts';

const params = z.object({ group: name });

const member = z
  .object({
    account_id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    since: moment,
    expires_at: moment.nullable(),
  })
  .meta({ id: 'Member' });

export const groupOperations = (deps: ApiDeps): readonly Operation[] => [...reading(deps), ...changing(deps)];

const reading = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listGroups',
    method: 'GET',
    path: '/groups',
    needs: 'groups:read',
    tag: 'Access',
    summary: 'All groups, by name',
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of them.', schema: pageOf(groupSchema) },
    run: async ({ query: asked }) => {
      const { items, next } = pageAmong(await listGroups(deps.db), asked, (group) => group.name);
      return page('/groups', asked, { items: items.map(shownGroup), next });
    },
  }),
  operation({
    id: 'getGroup',
    method: 'GET',
    path: '/groups/:group',
    needs: 'groups:read',
    tag: 'Access',
    summary: 'One group, with the roles that it gives',
    params,
    success: { status: 200, description: 'The group.', schema: groupSchema },
    run: async ({ params: { group } }) => ({
      status: 200,
      body: shownGroup(found(await findGroup(deps.db, group))),
      tagged: true,
    }),
  }),
  operation({
    id: 'listMembers',
    method: 'GET',
    path: '/groups/:group/members',
    needs: 'groups:read',
    tag: 'Access',
    summary: 'Who is in a group',
    params,
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of them, by id.', schema: pageOf(member) },
    run: async ({ params: { group }, query: asked }) => {
      found(await findGroup(deps.db, group));
      const { cursor: after, limit } = asked;
      // One more than is asked for says whether there are more.
      const members = await listMembers(deps, { group, after, limit: limit + 1 });
      const items = members.slice(0, limit).map(({ accountId, email, name: called, createdAt, expiresAt }) => ({
        account_id: accountId,
        email,
        name: called ?? null,
        since: createdAt.toISOString(),
        expires_at: said(expiresAt),
      }));
      const next = members.length > limit ? items.at(-1)?.account_id : undefined;
      return page(`/groups/${group}/members`, asked, { items, next });
    },
  }),
];

const changing = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'createGroup',
    method: 'POST',
    path: '/groups',
    needs: 'groups:write',
    tag: 'Access',
    summary: 'Make a group',
    body: newGroup,
    success: { status: 201, description: 'The group.', schema: groupSchema },
    run: async ({ by, body }) => {
      const { group } = found(done(await createGroupAs(deps, by, body)));
      return created(deps, `/groups/${group.name}`, shownGroup(group));
    },
  }),
  operation({
    id: 'changeGroup',
    method: 'PATCH',
    path: '/groups/:group',
    needs: 'groups:write',
    shows: 'groups:read',
    tag: 'Access',
    summary: 'Change a group',
    description: 'What is left out stays. Members are put in and taken out one by one, at their account.',
    ifMatch: 'required',
    params,
    body: changesOfGroup,
    success: { status: 200, description: 'The group as it is now.', schema: groupSchema },
    run: async ({ by, params: { group: groupName }, body, condition }) => {
      const before = found(await findGroup(deps.db, groupName));
      requireMatch(condition, shownGroup(before));
      const changed = done(await changeGroupAs(deps, by, { ...body, name: groupName, version: versionOf(before) }));
      return { status: 200, body: shownGroup(changed?.group ?? before), tagged: true };
    },
  }),
  operation({
    id: 'deleteGroup',
    method: 'DELETE',
    path: '/groups/:group',
    needs: 'groups:write',
    tag: 'Access',
    summary: 'Delete a group',
    ifMatch: 'required',
    params,
    query: confirmation,
    success: { status: 204, description: 'It is gone.' },
    run: async ({ by, params: { group: groupName }, query: { confirm: confirmed = false }, condition }) => {
      const before = found(await findGroup(deps.db, groupName));
      requireMatch(condition, shownGroup(before));
      done(await deleteGroupAs(deps, by, { name: groupName, confirmed, version: versionOf(before) }));
      return { status: 204 };
    },
  }),
];
