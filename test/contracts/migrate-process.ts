// A process of its own that migrates the PostgreSQL database it is given, once it is told to go. Prints what it applied.
import { once } from 'node:events';
import { openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrator.ts';

const database = await openDatabase({ url: process.argv[2], dataDir: '', poolSize: 1 });
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await migrate(database)));
await database.close();
process.stdin.destroy();
