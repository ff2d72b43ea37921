// gatehouse claims …: what apps read of people.
import type { Command } from 'commander';
import { examples, type Perform } from '../command-parts.ts';
import type { PreviewOptions } from './preview.ts';

export function addClaimsCommands(claims: Command, perform: Perform): void {
  claims
    .command('preview')
    .description('show the ID token, access token and userinfo that an app would get, and where each claim comes from')
    .requiredOption('--user <user>', 'e-mail address, username or id')
    .requiredOption('--client <client>', 'its client_id')
    .option('--scope <words>', 'what the app asks for; all that its file allows, unless stated')
    .option('--resource <audience>', 'the API that the access token is for')
    .addHelpText(
      'after',
      examples(
        'gatehouse claims preview --user jane@example.com --client grafana',
        'gatehouse claims preview --user jane --client shop --scope "openid roles orders:read" --resource https://api.example.com --json',
      ),
    )
    .action((options: PreviewOptions) =>
      perform(async (invocation) => {
        // The engine takes a second to load.
        const { previewForOperator } = await import('./preview.ts');
        return previewForOperator(invocation, options);
      }),
    );
}
