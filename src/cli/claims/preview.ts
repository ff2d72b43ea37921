// gatehouse claims preview: the claims of one person for one app. Issues nothing, and changes nothing; that it was looked at is written down.
import { recordEvent } from '../../audit/audit-log.ts';
import { type NotShown, previewClaims } from '../../provider/preview/preview-claims.ts';
import { engineForPreviews } from '../../server/engine-for-checks.ts';
import { readClientFiles, unknownClient } from '../client/read-files.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { notFound, requireAccount } from '../user/require-account.ts';
import { withDatabase } from '../with-database.ts';
import { previewResult, previewText } from './preview-text.ts';

export interface PreviewOptions {
  readonly user: string;
  readonly client: string;
  readonly scope?: string;
  readonly resource?: string;
}

/** @throws CommandFailed `not_found`, and `invalid` for what the app could not ask for */
export async function previewForOperator(invocation: Invocation, options: PreviewOptions): Promise<Answer> {
  const config = commandConfig(invocation);
  const { clients } = readClientFiles(invocation).loaded;
  return withDatabase(config, async (deps) => {
    const account = await requireAccount(deps.db, options.user);
    const parts = { ...deps, config, clients: () => clients };
    const provider = await engineForPreviews(parts);
    const { client: clientId, scope, resource } = options;
    const preview = await previewClaims(
      { ...parts, provider: () => provider },
      { accountId: account.id, clientId, scope, resource },
    );
    if (preview.outcome !== 'shown') throw notShown(preview, options);
    const whose = { accountId: account.id, clientId, actor: 'operator' } as const;
    await recordEvent(deps, { event: 'claims.previewed', ...whose, details: { scope, resource } });
    return { result: previewResult(preview), text: previewText(preview) };
  });
}

function notShown(preview: NotShown, { user, client, resource = '' }: PreviewOptions): CommandFailed {
  switch (preview.outcome) {
    case 'unknown_account':
      return notFound(user);
    case 'unknown_client':
      return unknownClient(client);
    case 'nobody_signs_in':
      return new CommandFailed('invalid', `${quoted(client)} acts for itself: nobody signs in there.`);
    case 'scope_not_allowed':
      return new CommandFailed(
        'invalid',
        `The file of ${quoted(client)} does not let it ask for ${quoted(preview.words.join(' '))}. It may ask for: ${preview.allowed.join(' ')}`,
      );
    case 'resource_not_allowed':
      return new CommandFailed(
        'invalid',
        `The file of ${quoted(client)} names no API ${quoted(resource)}. It names: ${preview.allowed.join(' ') || 'none'}`,
      );
  }
}
