// Somebody types into the fields of a page, and presses Enter in the last.
import type { Page } from 'playwright-core';

/** By the ids of the fields. */
export async function enters(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, text] of Object.entries(fields)) await page.locator(`#${id}`).fill(text);
  await page.locator(`#${Object.keys(fields).at(-1)}`).press('Enter');
}
