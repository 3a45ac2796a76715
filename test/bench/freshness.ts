import { once } from 'node:events'
import { cost, median, progress, quantile, type Row, type Topic } from './report.ts'
import { startService, type Service } from './service.ts'

const EDITS = 200
const READERS = 8
const READER_EDITS = 4
const POLL_MS = 100

const FLAG = 'bench.switch'
const ASK = { context: { userId: 'u-1' }, keys: [FLAG] }

type Answer = { readonly flags: Readonly<Record<string, boolean>> }

const pause = (ms: number) => new Promise((tick) => setTimeout(tick, ms))

/** Sets the flag. Returns the time of the answer and the edit's snapshot version. */
const edit = async (service: Service, isOn: boolean) => {
  const body = { enabled: isOn, rollout: 100 }
  const answer = await service.send('PUT', `/api/flags/${FLAG}`, body)
  const { snapshotVersion }: { snapshotVersion: number } = await answer.json()
  return { snapshotVersion, at: performance.now() }
}

/** Listens to the stream. `heard` resolves at the first event with at least that version. */
const listen = async (service: Service) => {
  const { body } = await service.send('GET', '/v1/stream')
  const events = new EventTarget()
  const told = { version: 0 }
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of body ?? []) {
      for (const [, id] of decoder.decode(chunk).matchAll(/^id: (\d+)$/gm))
        told.version = Math.max(told.version, Number(id))
      events.dispatchEvent(new Event('told'))
    }
  }
  read().catch(() => undefined)
  const heard = async (version: number): Promise<void> => {
    if (told.version >= version) return
    await once(events, 'told')
    return heard(version)
  }
  return { heard }
}

/** From the PUT's answer until a streaming client has read the new value. The event may come before the answer. */
const pushed = async (service: Service): Promise<number[]> => {
  const { heard } = await listen(service)
  const delays: number[] = []
  for (let i = 0; i < EDITS; i++) {
    const isOn = i % 2 === 0
    const { snapshotVersion, at } = await edit(service, isOn)
    await heard(snapshotVersion)
    const path = `/v1/flags/evaluate?minVersion=${snapshotVersion}`
    const answer: Answer = await (await service.send('POST', path, ASK)).json()
    if (answer.flags[FLAG] !== isOn) throw new Error('a pushed client read an old value')
    delays.push(performance.now() - at)
  }
  return delays
}

/** From the PUT's answer until isolates without a notice, asked all the time, answer the new value. */
const notPushed = async (service: Service): Promise<number[]> => {
  const delays: number[] = []
  const seen = async (reader: number, isOn: boolean, at: number) => {
    for (;;) {
      const answer = (await service.askReader(reader, '/v1/flags/evaluate', ASK)) as Answer
      if (answer.flags[FLAG] === isOn) return delays.push(performance.now() - at)
      await pause(POLL_MS)
    }
  }
  for (let i = 0; i <= READER_EDITS; i++) {
    const { at } = await edit(service, i % 2 === 0)
    const readers = Array.from({ length: READERS }, (_, reader) => seen(reader, i % 2 === 0, at))
    await Promise.all(readers)
    // The isolates are cold at the first edit.
    if (i === 0) delays.length = 0
    await pause(Math.random() * 1_000)
  }
  return delays
}

const toRows = (what: string, delays: readonly number[], promised: number): Row[] =>
  (
    [
      ['median', median(delays)],
      ['p99', quantile(delays, 0.99)],
    ] as const
  ).map(([name, value]) =>
    cost('ms', {
      what: `${what}, ${name} of ${delays.length}`,
      value,
      versus: 'what is promised',
      versusValue: promised,
    }),
  )

export const freshnessTopic = async (): Promise<Topic> => {
  const service = await startService({ readers: READERS })
  try {
    progress(`freshness: ${EDITS} edits, and a client on the stream`)
    const told = await pushed(service)
    progress(`freshness: ${READER_EDITS} edits, and ${READERS} isolates that nobody tells`)
    const untold = await notPushed(service)
    return {
      title: 'From an edit to its effect, Miniflare',
      rows: [
        ...toRows('a client on the stream has read it', told, 1_000),
        ...toRows('any isolate answers it', untold, 30_000),
      ],
    }
  } finally {
    await service.stop()
  }
}
