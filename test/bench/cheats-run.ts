import { seededRandom } from '../../schema/demo-history.ts'
import { CHEATS, createWorld, playHonestly } from './cheats.ts'

/* `npm run cheats`: plays A/A experiments for each cheat, and prints the share that ends with a verdict. */

const RUNS = Number(process.env['CHEAT_RUNS'] ?? 1_000)
const LIMIT = 0.05

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const note = (text: string) => process.stderr.write(`${text}\n`)

const runCheats = () =>
  CHEATS.map(({ name, play }, index) => {
    const random = seededRandom(20_261_129 + index)
    let verdicts = 0
    for (let run = 0; run < RUNS; run += 1) if (play(createWorld(random))) verdicts += 1
    note(`${name}: ${verdicts} of ${RUNS}`)
    return { name, share: verdicts / RUNS }
  })

const runHonestly = (lift: number) => {
  const random = seededRandom(7)
  const days: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const found = playHonestly(createWorld(random, lift))
    if (found !== null) days.push(found)
  }
  days.sort((a, b) => a - b)
  note(`true lift of ${percent(lift)}: done`)
  return { lift, power: days.length / RUNS, days: days[Math.floor(days.length / 2)] ?? null }
}

const cheats = runCheats()
const honest = [0.2, 0.3].map(runHonestly)
process.stdout.write(
  [
    `${RUNS} A/A experiments each`,
    '',
    '| cheat | ends with a verdict |',
    '| --- | --- |',
    ...cheats.map(({ name, share }) => `| ${name} | ${percent(share)} |`),
    '',
    '| true lift | found within 35 days | median days to the verdict |',
    '| --- | --- | --- |',
    ...honest.map(({ lift, power, days }) => `| ${percent(lift)} | ${percent(power)} | ${days} |`),
    '',
  ].join('\n'),
)
if (cheats.some(({ share }) => share > LIMIT)) process.exitCode = 1
