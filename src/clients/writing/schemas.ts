// The JSON Schemas of what operators write: gatehouse.yaml and client files.
import { type JsonSchema, jsonSchemaOf } from '../../config/editing/json-schema.ts';
import { configFile } from '../../config/schema.ts';
import { clientFile } from '../client-file.ts';

export const SCHEMA_NAMES = ['server', 'client'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** File names as the `# yaml-language-server` lines of our files state them; both stand in the configuration directory. */
export const SCHEMA_FILES: Readonly<Record<SchemaName, string>> = {
  server: 'gatehouse.schema.json',
  client: 'client.schema.json',
};

export const schemaNamed = (name: SchemaName): JsonSchema =>
  name === 'server'
    ? jsonSchemaOf(configFile, { title: 'gatehouse.yaml of Gatehouse' })
    : jsonSchemaOf(clientFile, { title: 'A client file of Gatehouse' });
