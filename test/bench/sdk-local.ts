import { createFlagsClient } from '../../sdk/client.ts'
import { evaluateFlag } from '../../sdk/evaluate.ts'
import type { SnapshotDocument } from '../../schema/snapshot-document.ts'
import { compileFlag, evaluate, readSubject } from '../../worker/evaluate/index.ts'
import { contexts, measureNanoseconds, use, type Clock } from './in-process.ts'
import { cost, inTurns, median, progress, type Row } from './report.ts'
import { createFlags } from './workload.ts'

/* Local evaluation: what one read of a flag costs by the exported calls, for 1,024 users in turn. */

const COUNT = 200
const ROUNDS = 9
const AWAITED = 4_096

const cpuTime: Clock = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const openClient = async () => {
  const document: SnapshotDocument = {
    format: 1,
    version: 1,
    flags: createFlags(COUNT),
    experiments: [],
    stream: '/none',
  }
  const flags = createFlagsClient({
    url: 'http://bench.test',
    key: 'flags_server_bench',
    evaluation: 'local',
    stream: false,
    maxContexts: contexts.length,
    fetch: async () => Response.json(document),
  })
  if (!(await flags.ready())) throw new Error('the snapshot was not loaded')
  return flags
}

/** Nanoseconds of one awaited read. */
const timeAwaited = async (read: (index: number) => Promise<boolean>): Promise<number> => {
  const start = cpuTime()
  for (let index = 0; index < AWAITED; index++) use(Number(await read(index)))
  return ((cpuTime() - start) * 1e6) / AWAITED
}

export const localRows = async (): Promise<Row[]> => {
  progress('sdk: one flag with local evaluation')
  const client = await openClient()
  const all = createFlags(COUNT)
  const [flag] = all
  if (!flag) throw new Error('there is no flag')
  const { key } = flag
  const compiled = compileFlag(flag)
  const times = await inTurns(ROUNDS, {
    peekFlag: () =>
      measureNanoseconds(cpuTime, (context) => use(Number(client.peekFlag(context, key)))),
    edge: () =>
      measureNanoseconds(cpuTime, (context) =>
        use(Number(evaluate(compiled, readSubject(context)).value)),
      ),
    evaluateFlag: () =>
      measureNanoseconds(cpuTime, (context) => use(Number(evaluateFlag(flag, context)))),
    getFlag: () => timeAwaited((index) => client.getFlag(contexts[index & 1_023] ?? {}, key)),
    awaiting: () => timeAwaited(async (index) => (index & 1) === 0),
  })
  await client.close()
  const peekFlag = median(times.peekFlag)
  return [
    cost('ns', {
      what: 'peekFlag with local evaluation, one of 200 flags with all rules',
      value: peekFlag,
      versus: "the edge's evaluate, one flag",
      versusValue: median(times.edge),
    }),
    cost('ns', {
      what: 'the same',
      value: peekFlag,
      versus: 'evaluateFlag, compiled each time',
      versusValue: median(times.evaluateFlag),
    }),
    cost('ns', {
      what: 'await getFlag, the same',
      value: median(times.getFlag),
      versus: 'awaiting an empty function',
      versusValue: median(times.awaiting),
    }),
  ]
}
