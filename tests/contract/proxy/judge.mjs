#!/usr/bin/env node
// Reads what behind-prism.mjs has reported: file, and how many exchanges there have to be at least. Prints all problems.

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const [file, atLeast] = process.argv.slice(2);
const read = () =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const count = (lines, what) => lines.filter((line) => line[what]).length;

// Servers that were told to end may still be at it.
let lines = read();
for (let tries = 0; count(lines, 'started') > count(lines, 'ended') && tries < 100; tries += 1) {
  await setTimeout(100);
  lines = read();
}
const problems = lines.filter((line) => line.problems?.length > 0);
for (const problem of problems) console.error(JSON.stringify(problem));
const exchanges = lines.filter((line) => line.method);
const reported = exchanges.filter((line) => line.violations.length > 0 && line.problems.length === 0);
console.log(
  `Prism has seen ${exchanges.length} exchanges; ${reported.length} were wrong requests that the server has refused, ` +
    `and ${problems.length} are problems`,
);
const running = count(lines, 'started') - count(lines, 'ended');
if (running !== 0) console.error(`${running} did not end as they should`);
if (exchanges.length < Number(atLeast)) console.error(`that are fewer than ${atLeast}`);
process.exitCode = problems.length > 0 || running !== 0 || exchanges.length < Number(atLeast) ? 1 : 0;
