// gatehouse config …: the configuration as files.
import { Argument, type Command } from 'commander';
import { SCHEMA_NAMES, type SchemaName } from '../../clients/writing/schemas.ts';
import { examples, type Perform } from '../command-parts.ts';
import { printSchema } from './schema.ts';

export function addConfigCommands(config: Command, perform: Perform): void {
  config
    .command('schema')
    .description('print or write the JSON Schemas of gatehouse.yaml and of client files, for editors')
    .addArgument(new Argument('[name]', 'which one; both with --out').choices(SCHEMA_NAMES))
    .option('--out <directory>', 'write into this directory, the one where gatehouse.yaml is')
    .addHelpText('after', examples('gatehouse config schema --out config', 'gatehouse config schema client'))
    .action((name: SchemaName | undefined, options: { out?: string }) =>
      perform((invocation) => printSchema(invocation, { name, ...options })),
    );
}
