// The part of bench-tokens that counts: the texts of internal/bench/tokens, from the file named,
// with the tokenizers in MODULES. A target that is missed is said below the tables, exit 1.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.MODULES, 'package.json'));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const llama3 = (await load('llama3-tokenizer-js')).default;
const o200k = await load('gpt-tokenizer/encoding/o200k_base');

const tokenizers = {
  'Llama 3': (text) => llama3.encode(text, { bos: false, eos: false }).length,
  o200k: (text) => o200k.encode(text, { disallowedSpecial: new Set() }).length,
};

// The targets, in tokens a row by Llama 3 in batches of 10 in compact style.
const targets = { user: 80, all: 25, labels: 11 };

const cases = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const columns = ['all', 'all with blanks', 'labels', 'labels with blanks'];
let missed = 0;

function perRow(texts, count, rows) {
  return texts.reduce((sum, text) => sum + count(text), 0) / rows;
}

for (const [name, count] of Object.entries(tokenizers)) {
  console.log(`Tokens by ${name}, ${cases[0].rows} rows:\n`);
  console.log('| style | rows a call | system message, a call | user message, a row | generated, a row | with blanks | labels alone, a row | with blanks |');
  console.log('| --- | --: | --: | --: | --: | --: | --: | --: |');
  for (const c of cases) {
    const user = perRow(c.users, count, c.rows);
    const replies = Object.fromEntries(columns.map((k) => [k, perRow(c.replies[k], count, c.rows)]));
    const cells = [c.style, c.batch, count(c.system), user.toFixed(1), ...columns.map((k) => replies[k].toFixed(1))];
    console.log(`| ${cells.join(' | ')} |`);
    if (name === 'Llama 3' && c.style === 'compact' && c.batch === 10) {
      for (const [what, most] of Object.entries(targets)) {
        const got = what === 'user' ? user : replies[what];
        if (got > most) {
          missed++;
          console.error(`error: compact, ${what}: ${got.toFixed(1)} tokens a row, want at most ${most}`);
        }
      }
    }
  }
  console.log();
}
process.exit(missed > 0 ? 1 : 0);
