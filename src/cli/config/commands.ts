// gatehouse config …: the configuration as files.
import { Argument, type Command } from 'commander';
import { SCHEMA_NAMES, type SchemaName } from '../../clients/writing/schemas.ts';
import { collect, examples, type Perform } from '../command-parts.ts';
import { checkFiles } from './check.ts';
import { type PlanOptions, planConfiguration } from './plan.ts';
import { printSchema } from './schema.ts';

export function addConfigCommands(config: Command, perform: Perform): void {
  config
    .command('check')
    .description('check gatehouse.yaml, all client files and roles.yaml, without a server or a database')
    .addHelpText('after', examples('gatehouse config check && git commit'))
    .action(() => perform(checkFiles));
  config
    .command('plan')
    .description('compare the files with what the server serves: changes, what they cost, and what gets weaker')
    .option('--exit-code', 'exit with 3 when there are changes, with 4 when something gets weaker', false)
    .option('--accept <regression>', 'one that is meant, as it is listed; may be given more than once', collect, [])
    .addHelpText(
      'after',
      examples(
        'gatehouse config plan',
        'gatehouse config plan --exit-code --accept grafana:redirect_uris',
        'GATEHOUSE_CONFIG_DIR=next/config gatehouse config plan --json',
      ),
    )
    .action((options: PlanOptions) => perform((invocation) => planConfiguration(invocation, options)));
  config
    .command('schema')
    .description('print or write the JSON Schemas of gatehouse.yaml, roles.yaml and client files, for editors')
    .addArgument(new Argument('[name]', 'which one; all with --out').choices(SCHEMA_NAMES))
    .option('--out <directory>', 'write into this directory, the one where gatehouse.yaml is')
    .addHelpText('after', examples('gatehouse config schema --out config', 'gatehouse config schema client'))
    .action((name: SchemaName | undefined, options: { out?: string }) =>
      perform((invocation) => printSchema(invocation, { name, ...options })),
    );
}
