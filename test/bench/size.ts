import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { evaluateAll } from '../../worker/evaluate/index.ts'
import { parseSnapshot } from '../../worker/snapshot/parse.ts'
import { writeValues } from '../../worker/snapshot/values.ts'
import { bundle, root } from './bundle.ts'
import { contexts } from './in-process.ts'
import { cost, inTurns, median, progress, type Row, type Topic } from './report.ts'
import { serve, untilUp } from './serve.ts'
import { startService, type Service } from './service.ts'
import { createFlags } from './workload.ts'

const KIB = 1024
const ROUNDS = 5

const timed = async (work: () => unknown): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const createSnapshot = (count: number) =>
  JSON.stringify({
    format: 1,
    version: 1,
    builtAt: new Date(0).toISOString(),
    flags: createFlags(count),
    experiments: [],
    keys: [],
  })

const snapshotRows = async (count: number): Promise<Row[]> => {
  const text = createSnapshot(count)
  const times = await inTurns(ROUNDS, {
    parsed: () => timed(() => JSON.parse(text)),
    whole: () => timed(() => parseSnapshot(text)),
  })
  return [
    cost('KiB', {
      what: `a snapshot of ${count} flags, compressed`,
      value: gzipSync(text).length / KIB,
      versus: 'as it is',
      versusValue: text.length / KIB,
    }),
    cost('ms', {
      what: `reading, validating and compiling it, once a version`,
      value: median(times.whole),
      versus: 'JSON.parse alone',
      versusValue: median(times.parsed),
    }),
  ]
}

const answerRow = (count: number): Row => {
  const { all, values } = parseSnapshot(createSnapshot(count))
  const body = writeValues(values, evaluateAll(all, contexts[0]))
  return cost('bytes', {
    what: `the answer about ${count} flags, compressed`,
    value: gzipSync(body).length,
    versus: 'as it is',
    versusValue: body.length,
  })
}

/** The flags of the demo, and the edited one. With the others there are up to 5,000. */
const OTHER_FLAGS = 6

/** The time until an edit is published, beside so many other flags. */
const publishTime = async (service: Service): Promise<number> => {
  const times: number[] = []
  for (let i = 0; i < 2 * ROUNDS; i++)
    times.push(
      await timed(() => service.send('PUT', '/api/flags/bench.edit', { enabled: i % 2 === 0 })),
    )
  return median(times)
}

const publishRows = async (counts: readonly number[]): Promise<Row[]> => {
  const service = await startService()
  try {
    const alone = await publishTime(service)
    const rows: Row[] = []
    for (const count of counts) {
      const flags = createFlags(count - OTHER_FLAGS).map((flag) => ({
        ...flag,
        description: null,
        killSwitch: false,
      }))
      const exportedAt = new Date().toISOString()
      const document = { format: 'indietix-flags', version: 1, exportedAt, flags }
      await service.send('POST', '/api/import', document)
      rows.push(
        cost('ms', {
          what: `an edit of one of ${count} flags, PUT to published`,
          value: await publishTime(service),
          versus: 'of six',
          versusValue: alone,
        }),
      )
    }
    return rows
  } finally {
    await service.stop()
  }
}

/** From spawning workerd to its first answer. */
const coldStart = async (code: string, path: string) => {
  const start = performance.now()
  const served = await serve({ worker: code })
  await untilUp(served.ports['worker'] ?? 0, path, 2)
  const time = performance.now() - start
  await served.stop()
  return time
}

const workerRows = async (): Promise<Row[]> => {
  const wrangler = await promisify(execFile)(
    process.execPath,
    [
      'node_modules/wrangler/bin/wrangler.js',
      'deploy',
      '--dry-run',
      '--minify',
      '--outdir',
      'node_modules/.cache/bench',
    ],
    { cwd: root, env: { ...process.env, WRANGLER_SEND_METRICS: 'false', FORCE_COLOR: '0' } },
  )
  const upload = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(wrangler.stdout)
  const worker = await bundle('test/bench/http-worker.ts')
  const cold = await inTurns(ROUNDS, {
    ours: () => coldStart(worker, '/health'),
    trivial: () => coldStart(`export default { fetch: () => new Response('hello') }`, '/'),
  })
  return [
    cost('KiB', {
      what: 'the Worker, minified and compressed',
      value: Number(upload?.[2]),
      versus: 'the limit of the free plan',
      versusValue: 3 * KIB,
      note: `${upload?.[1]} KiB before`,
    }),
    cost('ms', {
      what: 'cold start, workerd and 200 flags included',
      value: median(cold.ours),
      versus: 'a Worker that says hello',
      versusValue: median(cold.trivial),
    }),
  ]
}

export const sizeTopic = async (): Promise<Topic> => {
  const counts = [100, 1_000, 5_000]
  const rows: Row[] = []
  progress('size: snapshots and answers')
  for (const count of counts) rows.push(...(await snapshotRows(count)))
  rows.push(answerRow(200))
  progress('size: publishing, in Miniflare')
  rows.push(...(await publishRows(counts)))
  progress('size: the Worker, and cold starts')
  rows.push(...(await workerRows()))
  return { title: 'Sizes and what happens once', rows }
}
