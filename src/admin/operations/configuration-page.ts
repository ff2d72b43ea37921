// The settings that this process runs with, by the keys of gatehouse.yaml, secrets masked.
import type { Value } from '../../config/effective/described.ts';
import { describeSettings } from '../../config/effective/settings.ts';
import { textsFor } from '../../http/page.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { pathOf } from '../navigation.ts';
import { showAdminPage } from '../page.ts';

/** What stands in no section of the file. */
const TOP_LEVEL = 'gatehouse.yaml';

export const CONFIGURATION_PATH = pathOf('configuration');

export const showConfiguration =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const settings = Object.entries(describeSettings(deps.config));
    const sections = Map.groupBy(settings, ([key]) => /^([a-z_]+)[.[]/.exec(key)?.[1] ?? TOP_LEVEL);
    const said = (value: Value): string => {
      if (value === null) return textsFor(ctx)('admin.configuration.not_stated');
      if (typeof value !== 'object') return String(value);
      return value.length === 0 ? textsFor(ctx)('admin.configuration.none') : value.join(', ');
    };
    await showAdminPage(deps, ctx, {
      view: 'operations/configuration',
      title: 'admin.configuration.title',
      lead: 'admin.configuration.lead',
      current: 'configuration',
      admin,
      locals: {
        state: deps.live.status().server,
        problems: deps.live.problems().server,
        sections: [...sections].map(([name, entries]) => ({
          name,
          settings: entries.map(([key, value]) => ({ key, value: said(value) })),
        })),
      },
    });
  };
