// A database whose tables are on a volume of their own.
import { chownSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Cluster, withClient } from './cluster.ts';

const NAME = 'drill_on_volume';

export async function tablespaceOn(
  { url }: Cluster,
  volume: string,
): Promise<{ url: string; remove(): Promise<void> }> {
  const place = path.join(volume, 'tables');
  const administer = (...statements: readonly string[]) =>
    withClient(`${url}/postgres`, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  const directory = await withClient(`${url}/postgres`, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory ?? '';
  });
  const { uid, gid } = statSync(directory);
  mkdirSync(place, { mode: 0o700 });
  chownSync(place, uid, gid);
  await administer(
    `create tablespace "${NAME}" location '${place}'`,
    `create database "${NAME}" template template0 tablespace "${NAME}"`,
  );
  return {
    url: `${url}/${NAME}`,
    async remove() {
      await administer(`drop database "${NAME}" with (force)`, `drop tablespace "${NAME}"`);
      rmSync(place, { recursive: true, force: true });
    },
  };
}
