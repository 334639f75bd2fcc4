// What the README shows.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const TEXT = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');

/** The first block of code after a text. */
export function blockAfter(landmark, language) {
  const place = TEXT.indexOf(landmark);
  assert.notEqual(place, -1, `the README says nothing of ${landmark}`);
  const [, found, code] = TEXT.slice(place).match(/^```(\S+)\n(.*?)^```$/ms);
  assert.equal(found, language, `the language of the block after ${landmark}`);
  return code;
}

/** Saves the files that the README says to save, where the library is installed, and gives the path of the last. */
export async function save(t, ...names) {
  const folder = await mkdtemp(join(tmpdir(), 'akol-mock-'));
  t.after(() => rm(folder, { recursive: true }));
  await symlink(fileURLToPath(new URL('node_modules', import.meta.url)), join(folder, 'node_modules'));
  for (const name of names) await writeFile(join(folder, name), blockAfter(`\`${name}\``, 'js'));
  return join(folder, names.at(-1));
}
