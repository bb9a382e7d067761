// The part of check-report that drives the browser: CHROMIUM, MODULES and SHOTS
// come from there. Arguments are pages; faults go to stdout, exit 1 if any.
import { createRequire } from 'node:module';
import { join, basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';

const require = createRequire(join(process.env.MODULES, 'package.json'));
const puppeteer = await import(pathToFileURL(require.resolve('puppeteer-core')).href);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// outside names the texts that stick out of the page, or out of an element that
// does not scroll.
function outside() {
  const found = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('script,style,[hidden]')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    if (!text.width) continue;
    const box = parent.getBoundingClientRect();
    const inBox = text.left >= box.left - 1 && text.right <= box.right + 1;
    const inPage = text.left >= -1 && text.right <= wide + 1;
    if (!(inBox || getComputedStyle(parent).display === 'inline') || !(inPage || parent.closest('.scroll'))) found.push(node.data.trim().slice(0, 60));
  }
  return found;
}

async function look(browser, file, width, scheme) {
  const faults = [];
  const page = await browser.newPage();
  page.on('console', message => faults.push('console: ' + message.text()));
  page.on('pageerror', error => faults.push('error: ' + error.message));
  page.on('dialog', dialog => { faults.push('a dialog: ' + dialog.message()); dialog.dismiss(); });
  page.on('request', request => { if (!/^(file|data):/.test(request.url())) faults.push('request: ' + request.url()); });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(pathToFileURL(file).href);
  for (const text of await page.evaluate(outside)) faults.push('text outside its box: ' + text);
  await page.evaluate(axe); // through the debugger: the page's own policy stays
  const result = await page.evaluate(() => axe.run());
  for (const v of result.violations) {
    if (['serious', 'critical'].includes(v.impact)) faults.push(`axe: ${v.id}: ${v.nodes.length} × ${v.help}: ${v.nodes[0].html.slice(0, 120)}`);
  }
  faults.push(...await search(page));
  if (process.env.SHOTS) {
    await page.screenshot({ path: join(process.env.SHOTS, `${basename(file, '.html')}-${width}-${scheme}.png`), fullPage: true });
  }
  await page.close();
  return faults;
}

// search types into the first search field a word that no line has.
async function search(page) {
  const field = await page.$('input[type=search]');
  if (!field) return [];
  const shown = () => page.evaluate(input => [...document.getElementById(input.dataset.for).tBodies[0].rows].filter(row => !row.hidden).length, field);
  const before = await shown();
  await field.type('zzqx');
  const none = await shown();
  for (let i = 0; i < 4; i++) await field.press('Backspace');
  const again = await shown();
  return none === 0 && before > 0 && again === before ? [] : [`search shows ${before}, ${none}, ${again} lines`];
}

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, headless: true, args: ['--no-sandbox', '--disable-gpu'] });
let failed = false;
try {
  for (const file of process.argv.slice(2)) {
    for (const [width, scheme] of [[375, 'light'], [375, 'dark'], [1440, 'light'], [1440, 'dark']]) {
      const faults = await look(browser, file, width, scheme);
      failed ||= faults.length > 0;
      for (const fault of faults) console.log(`${basename(file)}, ${width} px, ${scheme}: ${fault}`);
    }
  }
} finally {
  await browser.close();
}
if (!failed) console.log('the report is good: console, requests, boxes, axe-core, search');
process.exit(failed ? 1 : 0);
