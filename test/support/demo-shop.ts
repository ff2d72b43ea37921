// A person at the sign-in pages of the shipped configuration, in a real browser.
import type { Page } from 'playwright-core';
import { totpCode } from './sign-in.ts';
import { PASSWORD } from './start-server.ts';

export async function enterPassword(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail or username').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Gives the secret, read from the page as a person would type it. */
export async function signInAndEnrol(page: Page, email: string): Promise<string> {
  await enterPassword(page, email);
  const secret = ((await page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');
  await page.locator('svg[role=img]').first().waitFor();
  await page.locator('#code').fill(totpCode(secret));
  await page
    .getByRole('button', { name: /confirm|continue|turn on|finish/i })
    .first()
    .click();
  await page.getByRole('button', { name: 'I have stored them' }).click();
  return secret;
}
