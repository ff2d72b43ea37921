// gatehouse config schema: what editors need to complete and check the files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SCHEMA_FILES, SCHEMA_NAMES, type SchemaName, schemaNamed } from '../../clients/writing/schemas.ts';
import { schemaText } from '../../config/editing/json-schema.ts';
import { CommandFailed } from '../failure.ts';
import type { Answer, Invocation } from '../terminal.ts';

/** Needs no configuration: the schemas are the same everywhere. */
export async function printSchema(
  { terminal }: Invocation,
  { name, out }: { name: SchemaName | undefined; out?: string | undefined },
): Promise<Answer> {
  if (out !== undefined) return writeSchemas(resolve(terminal.cwd(), out), name === undefined ? SCHEMA_NAMES : [name]);
  if (name === undefined) {
    throw new CommandFailed(
      'usage',
      `Say which one to print: ${SCHEMA_NAMES.join(' or ')}. With --out all are written.`,
    );
  }
  const schema = schemaNamed(name);
  return { result: schema, text: schemaText(schema).trimEnd() };
}

function writeSchemas(directory: string, names: readonly SchemaName[]): Answer {
  mkdirSync(directory, { recursive: true });
  const files = names.map((name) => {
    const file = join(directory, SCHEMA_FILES[name]);
    writeFileSync(file, schemaText(schemaNamed(name)));
    return file;
  });
  return { result: { files }, text: files.map((file) => `Wrote ${file}`).join('\n') };
}
