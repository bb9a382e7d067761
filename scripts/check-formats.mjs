// The part of check-formats that reads and writes with exceljs and DuckDB, in the current
// folder. MODULES comes from there; faults go to stdout, exit 1 if any.
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.MODULES, 'package.json'));
const ExcelJS = require('exceljs');
const { DuckDBInstance } = await import(pathToFileURL(require.resolve('@duckdb/node-api')).href);

let faults = 0;
let checks = 0;

function check(what, got, want) {
  checks++;
  const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
  if (g === w) return;
  faults++;
  console.log(`${what}\n  got  ${g}\n  want ${w}`);
}

function normalize(file, ...flags) {
  return execFileSync('prism-split', ['-q', '--normalize', ...flags, file], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function merge(output, ...parts) {
  execFileSync('prism-merge', ['-q', '-o', output, ...parts]);
}

const hard = {
  zeros: '007', long: '12345678901234567890', formula: '=1+1', date: '2026-11-28', blanks: ' both ends ', lines: 'two\nlines', cr: 'a\r\nb',
  emoji: 'late \u{1F600}', control: 'a\u0001b', escape: '_x0041_', xml: '<a href="x">&amp;</a>', yes: 'true', number: '12.50', full: 'x'.repeat(32767),
};

// cellsOfExceljs writes a workbook with every kind of cell.
async function cellsOfExceljs() {
  const book = new ExcelJS.Workbook();
  const sheet = book.addWorksheet('Tickets');
  // exceljs does not escape what looks like an escape, and loses CR and control characters
  const when = new Date(Date.UTC(2026, 10, 28, 14, 30, 15));
  const rows = [
    ['text', 'hello', 'hello'],
    ['integer', 42, '42'],
    ['fraction', 0.1, '0.1'],
    ['sum', 0.1 + 0.2, '0.3'],
    ['large', 123456789012345, '123456789012345'],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['date', new Date(Date.UTC(2026, 10, 28)), '2026-11-28', 'dd.mm.yyyy'],
    ['date and time', when, '2026-11-28T14:30:15', 'yyyy-mm-dd hh:mm:ss'],
    ['time', 0.75, '18:00:00', 'h:mm AM/PM'],
    ['percent', 0.25, '0.25', '0%'],
    ['currency', 1234.5, '1234.5', '#,##0.00 [$€-407]'],
    ['zip code', 1234, '01234', '00000'],
    ['rich text', { richText: [{ text: 'bold ', font: { bold: true } }, { text: 'and not' }] }, 'bold and not'],
    ['formula', { formula: 'B3*2', result: 84 }, '84'],
    ['formula of a text', { formula: 'B2&"!"', result: 'hello!' }, 'hello!'],
    ['formula of a date', { formula: 'TODAY()', result: new Date(Date.UTC(2026, 10, 28)) }, '2026-11-28', 'yyyy-mm-dd'],
    ['error', { error: '#N/A' }, '#N/A'],
    ['link', { text: 'the page', hyperlink: 'https://example.org' }, 'the page'],
    ['empty', null, ''],
    ...Object.entries(hard).filter(([name]) => !['control', 'cr', 'escape'].includes(name)).map(([name, text]) => [name, text, text]),
  ];
  sheet.addRow(['Kind', 'Value']);
  rows.forEach(([kind, value, , format]) => {
    const cell = sheet.addRow([kind, value]).getCell(2);
    if (format) cell.numFmt = format;
  });
  sheet.getRow(3).hidden = true;
  book.addWorksheet('Empty');
  book.addWorksheet('Other').addRow(['x']);
  for (const sharedStrings of [true, false]) {
    const file = sharedStrings ? 'exceljs.xlsx' : 'exceljs_stream.xlsx';
    if (sharedStrings) {
      await book.xlsx.writeFile(file);
    } else { // its other writer has no shared strings
      const stream = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: file, useStyles: true, useSharedStrings: false });
      const copy = stream.addWorksheet('Tickets');
      copy.addRow(['Kind', 'Value']).commit();
      for (const [kind, value, , format] of rows) {
        const row = copy.addRow([kind, value]);
        if (format) row.getCell(2).numFmt = format;
        row.commit();
      }
      await stream.commit();
    }
    const quote = text => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const want = rows.map(([kind, , text], i) => `${i + 1},${kind},${quote(text)}`);
    const got = normalize(file).trimEnd().split(/\n(?=\d)/);
    check(`${file}: rows`, [got.length, got[0]], [rows.length + 1, 'RowID,Kind,Value']);
    want.forEach((line, i) => check(`${file}: ${rows[i][0]}`, got[i + 1], line));
  }
  check('a named sheet', normalize('exceljs.xlsx', '--sheet', 'Other'), 'RowID,x\n');
  const old = new ExcelJS.Workbook();
  old.properties.date1904 = true;
  old.addWorksheet('S').addRows([['D'], [when]]);
  old.worksheets[0].getCell('A2').numFmt = 'yyyy-mm-dd';
  await old.xlsx.writeFile('1904.xlsx');
  check('dates of 1904', normalize('1904.xlsx'), 'RowID,D\n1,2026-11-28T14:30:15\n');
}

function writeTable() {
  const quote = text => `"${text.replaceAll('"', '""')}"`;
  let text = 'RowID,Text,Integer,Number,Code,Flag,Mixed\n';
  Object.values(hard).forEach((value, i) => {
    text += `${i + 1},${quote(value)},${i - 3},${i + 0.5},${i === 0 ? '007' : i},${i % 2 === 0},${i === 0 ? '-' : i}\n`;
  });
  writeFileSync('table.csv', text);
}

// workbookForExceljs reads what prism-merge writes.
async function workbookForExceljs() {
  merge('out.xlsx', 'table.csv');
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile('out.xlsx');
  const sheet = book.worksheets[0];
  check('sheets', book.worksheets.map(s => s.name), ['Sheet1']);
  check('header', sheet.getRow(1).values.slice(1), ['RowID', 'Text', 'Integer', 'Number', 'Code', 'Flag', 'Mixed']);
  check('bold header', sheet.getCell('A1').font.bold, true);
  check('frozen header', [sheet.views[0].state, sheet.views[0].ySplit], ['frozen', 1]);
  check('filter', sheet.autoFilter, `A1:G${Object.keys(hard).length + 1}`);
  check('widths', [1, 2, 3].map(i => sheet.getColumn(i).width > 5 && sheet.getColumn(i).width <= 60), [true, true, true]);
  Object.entries(hard).forEach(([name, value], i) => {
    const cells = sheet.getRow(i + 2).values.slice(1);
    // exceljs takes _x005F_ for itself, and CR for LF
    const text = String(cells[1]).replaceAll('_x005F_', '_').replaceAll('_x0001_', '\u0001').replaceAll('_x000D_', '\r');
    check(`${name}: text`, [typeof cells[1], text], ['string', value]);
    check(`${name}: other cells`, [cells[0], cells[2], cells[3], cells[4], cells[5], cells[6]],
      [i + 1, i - 3, i + 0.5, i === 0 ? '007' : String(i), String(i % 2 === 0), i === 0 ? '-' : i]);
  });
  check('back again', normalize('out.xlsx'), normalize('table.csv'));
}

async function query(sql) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  return (await connection.runAndReadAll(sql)).getRowsJson();
}

// parquetForDuckDB reads what prism-merge writes.
async function parquetForDuckDB() {
  merge('out.parquet', 'table.csv');
  check('types', (await query("SELECT column_name, column_type FROM (DESCRIBE FROM 'out.parquet')")).map(r => r.join(' ')),
    ['RowID BIGINT', 'Text VARCHAR', 'Integer BIGINT', 'Number DOUBLE', 'Code VARCHAR', 'Flag BOOLEAN', 'Mixed VARCHAR']);
  check('rows', await query("FROM 'out.parquet' ORDER BY RowID"), Object.values(hard).map((value, i) =>
    [String(i + 1), value, String(i - 3), i + 0.5, i === 0 ? '007' : String(i), i % 2 === 0, i === 0 ? '-' : String(i)]));
  check('back again', normalize('out.parquet'), normalize('table.csv'));
}

// parquetOfDuckDB reads every type that DuckDB writes.
async function parquetOfDuckDB() {
  const values = {
    "true": 'true', "(-128)::TINYINT": '-128', "65535::USMALLINT": '65535', "9223372036854775807::BIGINT": '9223372036854775807', "18446744073709551615::UBIGINT": '18446744073709551615',
    "0.1::FLOAT": '0.1', "0.1::DOUBLE": '0.1', "5::DOUBLE": '5', "(-12.345)::DECIMAL(18,3)": '-12.345', "0.05::DECIMAL(38,2)": '0.05', "DATE '2026-11-28'": '2026-11-28',
    "TIME '14:30:00'": '14:30:00', "TIMESTAMP '2026-11-28 14:30:00.25'": '2026-11-28T14:30:00.25', "TIMESTAMPTZ '2026-11-28 14:30:00+00'": '2026-11-28T14:30:00Z',
    "'0f6dd2a4-0000-4000-8000-0123456789ab'::UUID": '0f6dd2a4-0000-4000-8000-0123456789ab', "'late, \"again\"'": '"late, ""again"""', "NULL::VARCHAR": '',
    "['a', 'b,c', NULL]": '"[""a"",""b,c"",null]"', "[[1, 2], [], NULL, [3]]": '"[[1,2],[],null,[3]]"', "{'x': 1, 'y': [{'z': 'q'}]}": '"{""x"":1,""y"":[{""z"":""q""}]}"',
    "MAP {'k': 1.5::DOUBLE}": '"{""k"":1.5}"', "'b'::ENUM('a', 'b')": 'b',
  };
  const columns = Object.keys(values).map((sql, i) => `${sql} AS c${i}`);
  await query(`COPY (SELECT ${columns.join(', ')} FROM range(3)) TO 'duckdb.parquet' (CODEC 'zstd')`);
  const want = ['RowID,' + columns.map((_, i) => `c${i}`).join(','), ...[1, 2, 3].map(n => `${n},` + Object.values(values).join(','))];
  const got = normalize('duckdb.parquet').trimEnd().split('\n');
  got.forEach((line, i) => check(`line ${i + 1} of duckdb.parquet`, line, want[i]));
  for (const codec of ['snappy', 'gzip', 'uncompressed', 'brotli']) {
    await query(`COPY (SELECT i AS RowID, 'text ' || i AS T FROM range(300000) r(i)) TO '${codec}.parquet' (CODEC '${codec}')`);
    const lines = normalize(`${codec}.parquet`).trimEnd().split('\n');
    check(`rows in ${codec}`, [lines.length, lines[0], lines[300000]], [300001, 'RowID,T', '299999,text 299999']);
  }
}

writeTable();
for (const part of [cellsOfExceljs, workbookForExceljs, parquetForDuckDB, parquetOfDuckDB]) {
  try {
    await part();
  } catch (err) {
    faults++;
    console.log(`${part.name}: ${err.stack}`);
  }
}
if (faults > 0) {
  console.log(`check-formats: ${faults} faults`);
  process.exit(1);
}
console.log(`check-formats: ${checks} checks with exceljs and DuckDB, no faults`);
