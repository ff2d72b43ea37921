// registration: who may make an account, and what is asked for.
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { listWithoutRepeats, shownText, textWhere } from '../fields.ts';

const domains = listWithoutRepeats(textWhere(domainProblem)).default([]);

export const registrationSection = z.strictObject({
  policy: z
    .enum(['open', 'invite', 'closed'])
    .default('invite')
    .describe(
      'open: anybody signs up. invite: only who is invited. closed: nobody, and no invitation is sent or accepted; operators make accounts.',
    ),
  allowed_domains: domains.describe(
    'With policy: open, addresses of these domains only; *.example.com means everything below it. Empty: any.',
  ),
  refused_domains: domains.describe('Addresses of these domains, and of everything below them, are refused.'),
  required_fields: listWithoutRepeats(z.enum(['username', 'name']))
    .default([])
    .describe(
      'What has to be filled in besides e-mail address and password: username of who signs up, name of who is invited, too.',
    ),
  reserved_usernames: listWithoutRepeats(shownText(32))
    .default([])
    .describe('Nobody can choose these, besides those that are always reserved (admin, root, support, postmaster…).'),
  terms_version: shownText(40)
    .optional()
    .describe(
      'With it, the terms of branding.terms_url have to be accepted; another version once more. Kept with the account.',
    ),
});

/** `*.` in front means everything below. Unicode or ASCII, compared in ASCII. */
function domainProblem(text: string): string | undefined {
  const ascii = domainToASCII(text.replace(/^\*\./, ''));
  const labels = ascii.split('.');
  const isName = labels.length > 1 && labels.every((label) => LABEL.test(label)) && /[a-z]/.test(labels.at(-1) ?? '');
  return isName ? undefined : 'expected a domain, example.com or *.example.com';
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
