// The apps, as their files have them: read-only here, with where to change them, and who uses them.
import type Koa from 'koa';
import type { Client } from '../../clients/client.ts';
import { secretDaysLeft } from '../../clients/live/secret-age.ts';
import { textsFor } from '../../http/page.ts';
import { nothingThere } from '../../http/refusals.ts';
import { countLiveGrants } from '../../protocol-store/live-grants.ts';
import { rolesGivenToClient, rolesOfClient } from '../../roles/client-roles.ts';
import { type AppUse, MOST_COUNTED, useOfApps } from '../../sessions/app-sign-ins.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { rolePath } from '../model/paths.ts';
import { pathOf } from '../navigation.ts';
import { showAdminPage } from '../page.ts';
import { clientFacts } from './client-facts.ts';

export const CLIENTS_PATH = pathOf('clients');

export const showClients =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const clients = [...deps.live.current().values()].sort((a, b) => a.clientName.localeCompare(b.clientName));
    const ids = clients.map(({ clientId }) => clientId);
    const use = await useOfApps(deps, ids);
    await showAdminPage(deps, ctx, {
      view: 'operations/clients',
      title: 'admin.clients.title',
      lead: 'admin.clients.lead',
      current: 'clients',
      admin,
      locals: {
        problems: deps.live.problems().clients,
        clients: clients.map((client) => ({
          name: client.clientName,
          id: client.clientId,
          href: `${CLIENTS_PATH}/${encodeURIComponent(client.clientId)}`,
          place: `${client.source.file}:${client.source.line}`,
          secret: secretState(deps, client),
          ...shownUse(ctx, use.get(client.clientId)),
        })),
      },
    });
  };

export const showClient =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const client = deps.live.current().get(String(ctx.params['clientId']));
    if (client === undefined) throw nothingThere();
    const use = await useOfApps(deps, [client.clientId]);
    const grants = await countLiveGrants(deps, [client.clientId], MOST_COUNTED);
    await showAdminPage(deps, ctx, {
      view: 'operations/client',
      title: { name: client.clientName },
      current: 'clients',
      admin,
      locals: {
        back: CLIENTS_PATH,
        facts: clientFacts(textsFor(ctx), client),
        service: await serviceShown(deps, client, { mayReadRoles: admin.may.has('roles:read') }),
        secrets: client.secrets.map(({ created, expires }) => ({
          created,
          expires,
          isOver: expires !== undefined && expires <= deps.clock.now(),
        })),
        ...shownUse(ctx, use.get(client.clientId)),
        grants: counted(ctx, grants.get(client.clientId)),
      },
    });
  };

/** What it has when it asks for itself: roles given here, beside those of its file, with all that they include. */
async function serviceShown({ db }: AdminDeps, client: Client, { mayReadRoles }: { mayReadRoles: boolean }) {
  const { clientId, grantTypes, roles } = client;
  const given = await rolesGivenToClient(db, clientId);
  if (!grantTypes.includes('client_credentials') && given.length === 0) return undefined;
  const linked = (name: string) => ({ name, href: mayReadRoles ? rolePath(name) : undefined });
  const has = await rolesOfClient(db, { clientId, assigned: roles.assign });
  return { given: given.map(linked), has: has.roles.map(linked) };
}

const shownUse = (ctx: Koa.Context, use: AppUse | undefined) => ({
  people: counted(ctx, use?.people),
  signIns: textsFor(ctx).number(use?.signIns ?? 0),
  lastAt: use?.lastAt,
});

const counted = (ctx: Koa.Context, number = 0): string =>
  `${textsFor(ctx).number(number)}${number === MOST_COUNTED ? '+' : ''}`;

function secretState({ clock }: AdminDeps, client: Client) {
  const days = secretDaysLeft(client, clock.now());
  return days === undefined ? undefined : { isOver: days <= 0, days };
}
