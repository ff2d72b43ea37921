// Installs what package-lock.json locks, if that has not been done yet. Runs on any Node from 20 on, before start and test.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.gatehouse-installed');
const lock = readFileSync(join(root, 'package-lock.json'));
const wanted = createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Installing the locked packages (once; about half a minute) …');
  // No install scripts: argon2 brings its binaries in the package, nothing else needs one.
  const arguments_ = ['ci', '--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'];
  const windows = process.platform === 'win32';
  const install = spawnSync(windows ? 'npm.cmd' : 'npm', arguments_, { cwd: root, stdio: 'inherit', shell: windows });
  if (install.status !== 0) {
    console.error('The installation failed. Look at the lines above; "npm ci" shows them again.');
    process.exit(install.status ?? 1);
  }
  writeFileSync(stamp, wanted);
}
