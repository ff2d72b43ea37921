// A database whose tables are on a volume of their own.
import { chownSync, globSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Cluster, withClient } from './cluster.ts';

const NAME = 'drill_on_volume';

export interface Tablespace {
  readonly url: string;
  /**
   * Whoever connects next has to write the file from which connections start, as after a vacuum of the catalogue. Where there is
   * no room for it, nobody new is taken.
   */
  forgetStart(): void;
  remove(): Promise<void>;
}

export async function tablespaceOn({ url }: Cluster, volume: string): Promise<Tablespace> {
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
    forgetStart() {
      for (const file of globSync(path.join(place, '**/pg_internal.init'))) rmSync(file);
    },
    async remove() {
      await administer(`drop database "${NAME}" with (force)`, `drop tablespace "${NAME}"`);
      rmSync(place, { recursive: true, force: true });
    },
  };
}
