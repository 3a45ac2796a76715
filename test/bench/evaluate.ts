import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import {
  compileFlags,
  compileFlag,
  evaluateAll,
  evaluationOf,
} from '../../worker/evaluate/index.ts'
import { bundle, COMPATIBILITY_DATE } from './bundle.ts'
import {
  contexts,
  COUNTS,
  measureNanoseconds,
  createOurs,
  use,
  type Clock,
  type OurTimes,
} from './in-process.ts'
import { createPeers, type Peer } from './peers.ts'
import { cost, inTurns, median, progress, type Row, type Topic } from './report.ts'
import { createFlags } from './workload.ts'

const ROUNDS = 9

const cpuTime: Clock = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** All engines must give the same booleans, except where a rollout decides: their hashes differ. */
const checkPeers = (count: number, peers: readonly Peer[]) => {
  const all = compileFlags(createFlags(count).map((flag) => compileFlag(flag)))
  for (const context of contexts.slice(0, 128)) {
    const answers = evaluateAll(all, context)
    for (const peer of peers)
      peer.evaluateAll(context, (isOn, flag) => {
        const { key, value, reason } = evaluationOf(answers, flag)
        if (reason !== 'SPLIT' && isOn !== value)
          throw new Error(`${peer.name} says ${isOn} of ${key} for ${JSON.stringify(context)}`)
      })
  }
}

const nameFlagCount = (count: number) => `${count} ${count === 1 ? 'flag' : 'flags'}`

const inNode = async (count: number): Promise<Row[]> => {
  const peers = await createPeers(createFlags(count))
  checkPeers(count, peers)
  const peerCases = Object.fromEntries(
    peers.map(({ name, evaluateAll: ask }) => [
      name,
      () => measureNanoseconds(cpuTime, (context) => ask(context, (isOn) => use(Number(isOn)))),
    ]),
  )
  const { together, oneByOne, hash, ...asked } = await inTurns<string>(ROUNDS, {
    ...createOurs(count, cpuTime),
    ...peerCases,
  })
  for (const peer of peers) peer.close()
  const ours = toRows('Node', count, {
    together: median(together ?? []),
    oneByOne: median(oneByOne ?? []),
    hash: median(hash ?? []),
  })
  const perFlag = ours.value
  return [
    ours,
    ...peers.map(({ name }) =>
      cost('ns/flag', {
        what: `${nameFlagCount(count)} in Node`,
        value: perFlag,
        versus: name,
        versusValue: median(asked[name] ?? []) / count,
      }),
    ),
  ]
}

/** The SHA-256 of the user costs once a request, for any number of flags, so it is counted apart. */
const toRows = (where: string, count: number, { together, oneByOne, hash }: OurTimes): Row =>
  cost('ns/flag', {
    what: `${nameFlagCount(count)} in ${where}`,
    value: Math.max(0, together - (count === 1 ? 0 : hash)) / count,
    versus: 'evaluate, one by one',
    versusValue: Math.max(0, oneByOne - (count === 1 ? 0 : hash)) / count,
    note:
      count === 1
        ? 'its SHA-256 included, where one is needed'
        : `a context in ${Math.round(together)} ns, ${Math.round(hash)} of them its SHA-256, counted apart`,
  })

const inWorkerd = async (): Promise<Row[]> => {
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle('test/bench/in-workerd.ts'),
      compatibilityDate: COMPATIBILITY_DATE,
    }),
  )
  try {
    const answer = await worker.dispatchFetch('http://bench/')
    const times = (await answer.json()) as Record<number, OurTimes>
    return COUNTS.flatMap((count) => {
      const measured = times[count]
      return measured ? [toRows('workerd', count, measured)] : []
    })
  } finally {
    await worker.dispose()
  }
}

export const evaluateTopic = async (): Promise<Topic> => {
  const rows: Row[] = []
  for (const count of COUNTS) {
    progress(`evaluate: ${count} flags in Node, and three peers`)
    rows.push(...(await inNode(count)))
  }
  progress('evaluate: the same inside workerd')
  rows.push(...(await inWorkerd()))
  return { title: 'Evaluation, the full rule set, 1,024 contexts in turn', rows }
}
