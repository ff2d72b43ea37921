// branding: how pages and mails show whose server this is.
import { z } from 'zod';
import { textWhere } from '../fields.ts';
import { parsePlainUrl, webUrlProblem } from '../urls.ts';

function webLinkProblem(text: string): string | undefined {
  const parsed = parsePlainUrl(text);
  return parsed.outcome === 'refused' ? parsed.problem : webUrlProblem(parsed.url);
}

/** RFC 6068, without header fields. */
const isMailAddress = (text: string): boolean => /^mailto:[^\s?&<>"@]+@[^\s?&<>"@]+$/.test(text);

const webLink = textWhere(webLinkProblem);

export const brandingSection = z.strictObject({
  logo: textWhere((name) =>
    /^[\w-][\w.-]*\.(?:svg|png|webp)$/.test(name)
      ? undefined
      : 'expected the name of an .svg, .png or .webp file beside this one',
  )
    .optional()
    .describe('An .svg, .png or .webp file beside this one, at most 256 KiB, shown at the head of every page.'),
  accent: textWhere((colour) => (/^#[0-9a-fA-F]{6}$/.test(colour) ? undefined : 'expected a colour as #rrggbb'))
    .optional()
    .describe('The colour of buttons and links, #rrggbb. Darkened or lightened where it could not be read.'),
  terms_url: webLink.optional().describe('Your terms of service, linked at the foot of every page.'),
  privacy_url: webLink.optional().describe('Your privacy policy, linked at the foot of every page.'),
  support_url: textWhere((text) => (isMailAddress(text) ? undefined : webLinkProblem(text)))
    .optional()
    .describe('Where people find help: a web page, or mailto: and an address.'),
});
