import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'

/*
 * `npm run chaos -- --runs 2000 --seed 1`: any number of runs, with a progress bar. Vitest plays the runs in workerd,
 * and this script counts its output.
 */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1e9)) },
  },
})
const [runs, seed] = [Number(values.runs), Number(values.seed)]
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
  console.error('--runs and --seed take whole numbers')
  process.exit(2)
}

const WIDTH = 40
const startedAt = Date.now()
const draw = (done: number) => {
  const filled = Math.floor((done / runs) * WIDTH)
  const elapsed = (Date.now() - startedAt) / 1000
  const left = done === 0 ? '' : `, ${Math.round((elapsed / done) * (runs - done))} s left`
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
  process.stdout.write(`\r${bar} ${done}/${runs}${left}      `)
}

console.log(`seeds ${seed} to ${seed + runs - 1}`)
draw(0)
const config = new URL('../deep/vitest.config.ts', import.meta.url).pathname
const child = spawn(
  'vitest',
  ['run', '--config', config, 'test/chaos/chaos-', '--disable-console-intercept'],
  {
    env: { ...process.env, CHAOS_RUNS: `${runs}`, CHAOS_SEED: `${seed}`, CHAOS_LOUD: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  },
)

let done = 0
let output = ''
const counts: Record<string, number> = {}

const read = (line: string) => {
  if (line.includes('chaos: a run is over')) return draw(++done)
  if (line.includes('chaos: seed ')) return console.log(`\n${line}`)
  const found = /chaos: (\{.*\})/.exec(line)?.[1]
  if (found === undefined) return void (output += `${line}\n`)
  for (const [what, count] of Object.entries(JSON.parse(found) as Record<string, number>))
    counts[what] = (counts[what] ?? 0) + count
}

let rest = ''
child.stdout.setEncoding('utf8').on('data', (text: string) => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  lines.forEach(read)
})
// The run aborts objects on purpose, so workerd's lines about them are no failure. Vitest's report comes at the end.
let complaints = ''
child.stderr.setEncoding('utf8').on('data', (text: string) => {
  const failed = (complaints + text).lastIndexOf('Failed Tests')
  complaints = failed < 0 ? (complaints + text).slice(-'Failed Tests'.length) : complaints + text
})
child.on('close', (code) => {
  console.log()
  console.table(counts)
  if (code !== 0) console.log(`${output}\n${complaints}`)
  process.exitCode = code ?? 1
})
