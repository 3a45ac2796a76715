import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { createFlagsClient } from '../../sdk/client.ts'
import type { FlagsOptions } from '../../sdk/options.ts'
import { bundle } from './bundle.ts'
import { FetchedEventSource } from './event-source.ts'
import { contexts } from './in-process.ts'
import { cost, inTurns, median, progress, quantile, type Row, type Topic } from './report.ts'
import { serve, untilUp } from './serve.ts'
import { startService } from './service.ts'

/* What an app waits for when it starts, and how soon an open one knows of a change: through the SDK itself. */

const ROUNDS = 7
/** Boots in one round. */
const BOOTS = 200
const EDITS = 100
const MAX_BUNDLE_BYTES = 8_000

const KEY = 'flags_client_local'
const FLAG = 'feature.flag_7'
const [context = { userId: 'user-1' }] = contexts
const headers = { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' }

/** Reads a POST, and answers this text. */
const constant = (text: string) => `
  const body = ${JSON.stringify(text)}
  export default { async fetch(request) {
    await request.text()
    return new Response(body, { headers: { 'Content-Type': 'application/json' } })
  } }`

const memoryStorage = () => {
  const values = new Map<string, string>()
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  }
}

/** Milliseconds, one boot after another. */
const average = async (boot: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  for (let each = 0; each < BOOTS; each++) await boot()
  return (performance.now() - start) / BOOTS
}

/** From creating a client until its first answer. */
const boot = async (options: FlagsOptions) => {
  const client = createFlagsClient(options)
  const flags = await client.getAllFlags(context)
  if (!Object.hasOwn(flags, FLAG)) throw new Error('the client booted with nothing')
}

const bootRows = async (): Promise<Row[]> => {
  const flags = await bundle('test/bench/http-worker.ts')
  const probe = await serve({ flags })
  await untilUp(probe.ports['flags'] ?? 0, '/health')
  const body = JSON.stringify({ context })
  const answer = await fetch(`http://127.0.0.1:${probe.ports['flags']}/v1/bundle`, {
    method: 'POST',
    headers,
    body,
  })
  const text = await answer.text()
  await probe.stop()

  const served = await serve({ flags, trivial: constant(text) })
  const toUrl = (name: string) => `http://127.0.0.1:${served.ports[name]}`
  try {
    await untilUp(served.ports['flags'] ?? 0, '/health')
    const network = { url: toUrl('flags'), key: KEY }
    const storage = memoryStorage()
    await boot({ ...network, storage })
    // The client also refreshes in the background. The network's row measures that, so it never ends here.
    const offline = { ...network, storage, fetch: () => new Promise<never>(() => {}), timeoutMs: 1 }
    const times = await inTurns(ROUNDS, {
      storage: () => average(() => boot(offline)),
      network: () => average(() => boot(network)),
      trivial: () =>
        average(async () =>
          (await fetch(`${toUrl('trivial')}/`, { method: 'POST', headers, body })).json(),
        ),
    })
    const trivial = {
      versus: 'fetching the same text from a Worker that does nothing else',
      versusValue: median(times.trivial),
    }
    return [
      cost('ms', {
        what: 'from nothing to the first answer, 200 flags kept in storage',
        value: median(times.storage),
        ...trivial,
      }),
      cost('ms', {
        what: 'the same from the network',
        value: median(times.network),
        ...trivial,
      }),
      cost('bytes', {
        what: 'the bundle of 200 flags, compressed',
        value: gzipSync(text).length,
        versus: 'its budget',
        versusValue: MAX_BUNDLE_BYTES,
        note: `${text.length} bytes before`,
      }),
    ]
  } finally {
    await served.stop()
  }
}

/** From the PUT's answer until a streaming client has called back with the new value. */
const pushRows = async (): Promise<Row[]> => {
  const service = await startService()
  const flag = 'bench.pushed'
  const set = (enabled: boolean) =>
    service.send('PUT', `/api/flags/${flag}`, { enabled, rollout: 100 })
  await set(false)
  const client = createFlagsClient({ url: service.url, key: KEY, stream: FetchedEventSource })
  const listener = new EventTarget()
  client.subscribe(context, () => void listener.dispatchEvent(new Event('heard')))
  await client.getFlag(context, flag)
  const known = async (value: boolean) => {
    while (client.peek(context)?.flags[flag] !== value) await once(listener, 'heard')
  }
  const delays: number[] = []
  try {
    for (let edit = 0; edit < EDITS; edit++) {
      await set(edit % 2 === 0)
      const at = performance.now()
      await known(edit % 2 === 0)
      delays.push(performance.now() - at)
    }
  } finally {
    await client.close()
    await service.stop()
  }
  const promised = { versus: 'what is promised', versusValue: 1_000 }
  const what = 'from an edit to the callback of an open client'
  return [
    cost('ms', { what: `${what}, median of ${EDITS}`, value: median(delays), ...promised }),
    cost('ms', { what: `${what}, p99`, value: quantile(delays, 0.99), ...promised }),
  ]
}

export const bootTopic = async (): Promise<Topic> => {
  progress(
    `boot: ${ROUNDS} rounds of ${BOOTS} boots from storage, from the network, and of a fetch`,
  )
  const rows = await bootRows()
  progress(`boot: ${EDITS} edits, and the SDK on the stream`)
  return { title: 'The SDK: boot and push', rows: [...rows, ...(await pushRows())] }
}
