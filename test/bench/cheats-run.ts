import { seededRandom } from '../../schema/demo-history.ts'
import { CHEATS, playHonestly, playOneLook } from './cheats.ts'
import { createWorld, type World } from './simulated-experiment.ts'

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

type Way = (world: World) => number | null

const runWay = (lift: number, play: Way) => {
  const random = seededRandom(7)
  const days = Array.from({ length: RUNS }, () => play(createWorld(random, lift)))
    .filter((day) => day !== null)
    .toSorted((a, b) => a - b)
  return { power: days.length / RUNS, days: days[Math.floor(days.length / 2)] ?? null }
}

const compareWays = (lift: number) => {
  const [safe, once] = [runWay(lift, playHonestly), runWay(lift, playOneLook)]
  note(`true lift of ${percent(lift)}: done`)
  return `| ${percent(lift)} | ${percent(safe.power)} | ${safe.days} | ${percent(once.power)} | ${once.days} |`
}

const began = Date.now()
const cheats = runCheats()
const ways = [0.2, 0.3, 0.4].map(compareWays)
process.stdout.write(
  [
    `${RUNS} A/A experiments each; all took ${Math.round((Date.now() - began) / 1_000)} s`,
    '',
    '| cheat | ends with a verdict |',
    '| --- | --- |',
    ...cheats.map(({ name, share }) => `| ${name} | ${percent(share)} |`),
    '',
    'The plan is for a lift of 30 %. A z test with one look is safe only if nobody looks before or again.',
    '',
    '| true lift | found in 35 days | median days | found by one z test | days |',
    '| --- | --- | --- | --- | --- |',
    ...ways,
    '',
  ].join('\n'),
)
if (cheats.some(({ share }) => share > LIMIT)) process.exitCode = 1
