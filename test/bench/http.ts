import { bundle } from './bundle.ts'
import { contexts } from './in-process.ts'
import { load, createRequest, type Target } from './load.ts'
import { inTurns, progress, rateInTurns, type Row, type Topic } from './report.ts'
import { serve, untilUp, type Served } from './serve.ts'

const ROUNDS = 40
const REQUESTS = 500

const JSON_HEADERS = { 'Content-Type': 'application/json' }
const AUTHORIZED = { ...JSON_HEADERS, Authorization: 'Bearer flags_client_local' }
const OFREP = '/ofrep/v1/evaluate/flags'

const asked = contexts.slice(0, 64).map((context) => ({ context }))
const askedOne = asked.map((body) => ({ ...body, keys: ['feature.flag_7'] }))

const posts = (
  path: string,
  bodies: readonly object[],
  headers: Readonly<Record<string, string>>,
) => bodies.map((body) => createRequest('POST', path, headers, JSON.stringify(body)))

/** Reads a POST, and answers with a fixed text. */
const constant = (length: number) => `
  const body = '${'x'.repeat(length)}'
  export default { async fetch(request) {
    await request.text()
    return new Response(body, { headers: { 'Content-Type': 'application/json' } })
  } }`

/** Checks the key and answers with the contract's headers: the least work of an evaluation. */
const least = `
  const headers = new Headers({
    'Content-Type': 'application/json',
    'X-Snapshot-Version': '1',
    'X-Snapshot-Age': '0',
  })
  const authorization = '${AUTHORIZED.Authorization}'
  export default { async fetch(request) {
    if (request.headers.get('Authorization') !== authorization) return new Response(null, { status: 401 })
    return new Response(JSON.stringify(JSON.parse(await request.text())), { headers })
  } }`

const baselines = {
  hello: `export default { fetch: () => new Response('hello') }`,
  echo: `export default { fetch: async (request) => Response.json(await request.json()) }`,
  least,
}

/** The length and the tag of the Worker's answer to the first context. */
const readAnswer = async (port: number, path: string) => {
  const init = { method: 'POST', headers: AUTHORIZED, body: JSON.stringify(asked[0]) }
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, init)
  const length = (await answer.arrayBuffer()).byteLength
  return { length, etag: answer.headers.get('ETag') ?? '' }
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const measuredBy = ({ cpuTime }: Served) => {
  const cpu: Record<string, number[]> = {}
  const sample = (name: string, target: Target) => async () => {
    const before = await cpuTime()
    const throughput = await load(target, REQUESTS)
    ;(cpu[name] ??= []).push(((await cpuTime()) - before) * (1000 / REQUESTS))
    return throughput
  }
  return { sample, cpuOf: (name: string) => mean((cpu[name] ?? []).slice(1)) }
}

/** The comparisons: the case, its baseline, and the label of both. */
const comparisons = [
  ['one', 'echo', 'evaluate one flag', 'a Worker that echoes the same POST'],
  ['one', 'least', 'evaluate one flag', 'an echo that asks for the key and names the snapshot'],
  ['least', 'echo', 'that echo with a key', 'a Worker that echoes the same POST'],
  ['all', 'constantAll', 'evaluate 200 flags', 'a POST answered by a constant of that size'],
  ['ofrep', 'constantOfrep', 'OFREP, 200 flags', 'a POST answered by a constant of that size'],
  ['notModified', 'echo', 'OFREP, 200 flags, 304', 'a Worker that echoes the same POST'],
  ['echo', 'hello', 'an echo', 'a Worker that says hello to a GET'],
] as const

export const httpTopic = async (): Promise<Topic> => {
  progress('http: starting bare workerd')
  const flags = await bundle('test/bench/http-worker.ts')
  const probe = await serve({ flags })
  const probePort = probe.ports['flags'] ?? 0
  await untilUp(probePort, '/health')
  const all = await readAnswer(probePort, '/v1/flags/evaluate')
  const ofrep = await readAnswer(probePort, OFREP)
  await probe.stop()

  const served = await serve({
    flags,
    ...baselines,
    constantAll: constant(all.length),
    constantOfrep: constant(ofrep.length),
  })
  const port = (name: string) => served.ports[name] ?? 0
  await untilUp(port('flags'), '/health')
  const same = [
    createRequest(
      'POST',
      OFREP,
      { ...AUTHORIZED, 'If-None-Match': ofrep.etag },
      JSON.stringify(asked[0]),
    ),
  ]
  const targets: Record<string, Target> = {
    hello: { port: port('hello'), requests: [createRequest('GET', '/')] },
    echo: { port: port('echo'), requests: posts('/', askedOne, AUTHORIZED) },
    least: { port: port('least'), requests: posts('/', askedOne, AUTHORIZED) },
    one: { port: port('flags'), requests: posts('/v1/flags/evaluate', askedOne, AUTHORIZED) },
    constantAll: { port: port('constantAll'), requests: posts('/', asked, AUTHORIZED) },
    all: { port: port('flags'), requests: posts('/v1/flags/evaluate', asked, AUTHORIZED) },
    constantOfrep: { port: port('constantOfrep'), requests: posts('/', asked, AUTHORIZED) },
    ofrep: { port: port('flags'), requests: posts(OFREP, asked, AUTHORIZED) },
    notModified: { port: port('flags'), requests: same, status: 304 },
  }
  try {
    progress(
      `http: ${ROUNDS} rounds of ${REQUESTS} requests to each of ${Object.keys(targets).length} targets`,
    )
    const { sample, cpuOf } = measuredBy(served)
    const rounds = await inTurns(
      ROUNDS,
      Object.fromEntries(
        Object.entries(targets).map(([name, target]) => [name, sample(name, target)]),
      ),
    )
    const rows: Row[] = comparisons.map(([name, baseline, what, versus]) =>
      rateInTurns('requests/s', {
        what,
        value: rounds[name] ?? [],
        versus,
        versusValue: rounds[baseline] ?? [],
        note: `${cpuOf(name).toFixed(0)} µs of CPU, not ${cpuOf(baseline).toFixed(0)}`,
      }),
    )
    return { title: 'HTTP, bare workerd, 16 connections', rows }
  } finally {
    await served.stop()
  }
}
