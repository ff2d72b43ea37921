// "Are you sure?" before something is gone for good.
import { CommandFailed } from './failure.ts';
import { confirm } from './prompts.ts';
import { type Invocation, isInteractive } from './terminal.ts';

/** Rejects with `cancelled` unless the answer is yes. */
export type Confirmation = (question: string) => Promise<void>;

/**
 * With `--yes` nothing is asked.
 * @throws CommandFailed `usage` at once when there is neither `--yes` nor anybody to ask
 */
export function confirmation({ terminal }: Invocation, { yes }: { yes: boolean }): Confirmation {
  if (yes) return async () => undefined;
  if (!isInteractive(terminal)) {
    throw new CommandFailed('usage', 'This cannot be undone, and there is nobody to ask: add --yes.');
  }
  return async (question) => {
    if (!(await confirm(terminal, question))) throw new CommandFailed('cancelled', 'Nothing was changed.');
  };
}
