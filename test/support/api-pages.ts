// The page that describes the API.
import type { PageState } from './every-page.ts';

export const API_PAGES: readonly PageState[] = [
  {
    view: 'api/docs',
    state: 'with one operation open',
    heading: 'Gatehouse: administration',
    open: async ({ server, page }) => {
      await page.goto(`${server.issuer}/api/v1`);
      await page.locator('details summary').first().click();
    },
  },
];
