// An explanation in sentences: on the error page in the person's language, on the command line in English.
import type { Difference } from '../../explanations/comparison.ts';
import type { Explanation } from '../../explanations/explanation.ts';
import type { Case } from '../../explanations/facts.ts';
import { CATALOGUES, type MessageKey, type Texts, textsIn } from '../../texts/messages.ts';

export interface Said {
  readonly wrong: string;
  readonly fix: string;
  readonly differences: readonly string[];
  readonly since: string | undefined;
}

export function sayExplanation(t: Texts, { case: what, values, comparison, since }: Explanation): Said {
  const wrong: MessageKey = `explain.${what}`;
  const fix: MessageKey = `fix.${what}`;
  const difference = (each: Difference): MessageKey => `differs.${each}`;
  return {
    wrong: t(wrong, values),
    fix: t(fix, values),
    differences: (comparison?.differences ?? []).map((each) => t(difference(each))),
    since: saySince(t, since),
  };
}

export const sayInEnglish = (explanation: Explanation): Said => sayExplanation(textsIn('en'), explanation);

/** What an older or a newer version kept may be a case that this one does not know. */
export const isKnownCase = (text: string): text is Case => Object.hasOwn(CATALOGUES.en, `fix.${text}`);

function saySince(t: Texts, since: Explanation['since']): string | undefined {
  switch (since.is) {
    case 'same':
      return undefined;
    case 'allowed':
      return t('explain.since_allowed');
    case 'removed':
      return t('explain.since_removed');
    case 'changed':
      return t('explain.since_changed', { now: since.now.join(', ') || '-' });
  }
}
