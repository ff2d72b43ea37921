// gatehouse client …: apps, as their files describe them.
import { type Command, Option } from 'commander';
import type { Preset } from '../../clients/client.ts';
import { PRESETS } from '../../clients/presets.ts';
import { collect, examples, type Perform } from '../command-parts.ts';
import { createClient } from './create.ts';
import { listClients, showClient } from './list.ts';
import { addSecret } from './secret.ts';
import { validateClients } from './validate.ts';

export function addClientCommands(client: Command, perform: Perform): void {
  client
    .command('list')
    .description('list the client files')
    .action(() => perform(listClients));
  client
    .command('show')
    .description('show one client, with what its preset fills in')
    .argument('<client>', CLIENT)
    .action((clientId: string) => perform((invocation) => showClient(invocation, { clientId })));
  client
    .command('validate')
    .description('check all client files as the server would; exit with 1 and every problem')
    .option(
      '--online',
      'also fetch the key sets and pages that they point to, and look up where sign-outs are told',
      false,
    )
    .addHelpText(
      'after',
      examples('gatehouse client validate --json', 'GATEHOUSE_MODE=production gatehouse client validate'),
    )
    .action((options: { online: boolean }) => perform((invocation) => validateClients(invocation, options)));
  client
    .command('new')
    .description('write a client file; a secret is made where the preset keeps one, and shown once')
    .argument('<client>', CLIENT)
    .addOption(
      new Option('--preset <preset>', 'what kind of app it is').choices(Object.keys(PRESETS)).makeOptionMandatory(),
    )
    .option('--redirect-uri <uri>', 'where people are sent back to; may be given more than once', collect, [])
    .option('--name <name>', 'what pages call the app')
    .addHelpText(
      'after',
      examples(
        'gatehouse client new grafana --preset web --redirect-uri https://grafana.example.com/login/generic_oauth',
        'gatehouse client new deploy-bot --preset service',
      ),
    )
    .action((clientId: string, { redirectUri, ...options }: { preset: Preset; redirectUri: string[]; name?: string }) =>
      perform((invocation) => createClient(invocation, { clientId, ...options, redirectUris: redirectUri })),
    );
  const secret = client.command('secret').description('secrets of a client');
  secret
    .command('new')
    .description('add a secret to a client file and show it once; the others work on')
    .argument('<client>', CLIENT)
    .option('--expires <date>', 'not accepted from this day (or moment) on: 2027-03-01, 2027-03-01T12:00:00Z')
    .addHelpText('after', examples('gatehouse client secret new grafana --expires 2027-03-01'))
    .action((clientId: string, options: { expires?: string }) =>
      perform((invocation) => addSecret(invocation, { clientId, ...options })),
    );
}

const CLIENT = 'its client_id, which is the name of its file';
