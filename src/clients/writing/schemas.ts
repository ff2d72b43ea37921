// The JSON Schemas of what operators write: gatehouse.yaml, roles.yaml and client files.
import { type JsonSchema, jsonSchemaOf } from '../../config/editing/json-schema.ts';
import { rolesFile } from '../../config/roles/roles-file.ts';
import { configFile } from '../../config/schema.ts';
import { clientFile } from '../client-file.ts';

export const SCHEMA_NAMES = ['server', 'client', 'roles'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** File names as the `# yaml-language-server` lines of our files state them; all stand in the configuration directory. */
export const SCHEMA_FILES: Readonly<Record<SchemaName, string>> = {
  server: 'gatehouse.schema.json',
  client: 'client.schema.json',
  roles: 'roles.schema.json',
};

export function schemaNamed(name: SchemaName): JsonSchema {
  switch (name) {
    case 'server':
      return jsonSchemaOf(configFile, { title: 'gatehouse.yaml of Gatehouse' });
    case 'client':
      return jsonSchemaOf(clientFile, { title: 'A client file of Gatehouse' });
    case 'roles':
      return jsonSchemaOf(rolesFile, { title: 'roles.yaml of Gatehouse' });
  }
}
