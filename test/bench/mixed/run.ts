import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { progress, toMarkdown } from '../report.ts'
import { freePort } from '../serve.ts'
import { createClient } from './client.ts'
import { createLedger, findWrongs } from './ledger.ts'
import { createRecord } from './record.ts'
import { createServer } from './server.ts'
import { settle } from './settle.ts'
import { listen } from './streams.ts'
import { toRows } from './table.ts'
import { createTraffic, REGULARS, ROOT } from './traffic.ts'

/*
 * `npm run load -- --seconds 600 --restarts 5`: mixed traffic at the machine's limit. SIGKILL ends the service in the
 * middle, and it starts again on the same directory. The run ends with a Markdown table. It fails when acknowledged
 * data is lost or doubled, when a version or a variant goes back, or on a 5xx outside of a restart.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    restarts: { type: 'string', default: '5' },
    callers: { type: 'string', default: '16' },
    seed: { type: 'string', default: '1' },
  },
})
const [seconds, restarts, callers, seed] = [
  values.seconds,
  values.restarts,
  values.callers,
  values.seed,
].map((text) => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${text} is no whole number`)
  return number
}) as [number, number, number, number]

const LISTENERS = 8
/** The restarts happen in this part of the run. After it, the service runs undisturbed. */
const [FIRST, LAST] = [0.1, 0.7]
const TOLD_EVERY_S = 10

const folder = await mkdtemp(join(tmpdir(), 'flags-load-'))
const port = await freePort()
const server = createServer(port, folder, ROOT)
const client = createClient(port)
const ledger = createLedger()
const record = createRecord()
const traffic = createTraffic(client, ledger, seed)

const untilHealthy = async () => {
  for (;;)
    try {
      if ((await client.send('GET', '/health', '')).status === 200) return
    } catch {
      await sleep(50)
    }
}

/** Resolves when the service is up. During a restart callers wait here, as a client with a backoff does. */
let up = Promise.resolve()
const restart = async () => {
  const from = performance.now()
  record.restarting(from)
  await server.kill()
  await server.start()
  await untilHealthy()
  record.restarted(performance.now())
}

const call = async (isOver: () => boolean) => {
  while (!isOver()) {
    await up
    const { kind, send } = traffic.next()
    const from = performance.now()
    try {
      const { status, text } = await send()
      record.answered(kind, from, performance.now(), status, text)
    } catch (error) {
      record.broken(kind, from, performance.now(), String(error))
      await sleep(20)
    }
  }
}

try {
  progress('load: starting the service')
  await server.start()
  await traffic.prepare()
  for (let person = 0; person < REGULARS; person++) await traffic.assignNew()
  const streams = listen(port, LISTENERS)

  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  const due = Array.from(
    { length: restarts },
    (_, index) => seconds * (FIRST + ((LAST - FIRST) * (index + 0.5)) / Math.max(1, restarts)),
  )
  const watch = setInterval(() => {
    record.memory(server.memory() || undefined)
    const second = Math.floor(elapsed())
    if (second % TOLD_EVERY_S === 0)
      progress(
        `load: ${second} of ${seconds} s, ${record.summary()}, ${ledger.wrongs.length} wrong`,
      )
    if (due.length > 0 && elapsed() >= (due[0] ?? 0)) {
      due.shift()
      up = restart()
    }
  }, 1_000)
  await Promise.all(Array.from({ length: callers }, () => call(() => elapsed() >= seconds)))
  clearInterval(watch)
  await up
  const took = elapsed()

  progress('load: everything that was acknowledged finds its way')
  const { stored, settledIn } = await settle(server, client, traffic, ledger, streams.heard)
  streams.close()
  const wrongs = [...record.wrongs(), ...findWrongs(ledger, stored)]
  const title = `${Math.round(took)} s of mixed traffic, ${callers} callers, ${record.restarts()} times SIGKILL`
  const rows = toRows({ record, ledger, stored, took, settledIn, told: traffic.told })
  console.log(toMarkdown([{ title, rows }]))
  console.log(
    `\n${wrongs.length} wrong${wrongs
      .slice(0, 20)
      .map((wrong) => `\n- ${wrong}`)
      .join('')}`,
  )
  process.exitCode = wrongs.length === 0 ? 0 : 1
} finally {
  client.close()
  await server.kill()
  await rm(folder, { recursive: true, force: true })
}
