import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

export const faults = ['dead', 'slow', '500', '429', 'garbage', 'half'] as const
export type Fault = (typeof faults)[number]

const SLOW_MS = 5_000
const OPEN = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*, Authorization',
  'Access-Control-Expose-Headers': 'ETag, Retry-After, X-Snapshot-Version',
}

type Item = { readonly id: string }

/** A proxy to a service with faults by choice. It records exposures and events. */
export const openFaultyProxy = async (target: string) => {
  const state: { fault: Fault | null; isStalled: boolean; withheld: number } = {
    fault: null,
    isStalled: false,
    withheld: 0,
  }
  const paths: string[] = []
  const sent = new Map<string, { path: string; item: Item }>()

  const note = (path: string, body: string) => {
    const kind = path.slice(4)
    if (kind !== 'exposures' && kind !== 'events') return
    for (const item of (JSON.parse(body) as Record<string, Item[]>)[kind] ?? [])
      sent.set(item.id, { path, item })
  }

  const forward = (from: IncomingMessage, to: ServerResponse, body: Buffer) => {
    const { url = '/', method, headers } = from
    const onward = request(target + url, {
      method,
      headers: { ...headers, host: new URL(target).host },
    })
    onward.on('response', (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      const isStream = answer.headers['content-type']?.startsWith('text/event-stream')
      answer.on('data', (chunk: Buffer) => {
        if (isStream && state.isStalled) state.withheld++
        else to.write(chunk)
      })
      answer.on('end', () => to.end())
      answer.on('error', () => to.destroy())
    })
    onward.on('error', () => to.destroy())
    to.on('close', () => onward.destroy())
    onward.end(body)
  }

  const act = async (from: IncomingMessage, to: ServerResponse) => {
    const body = await buffer(from)
    const { fault } = state
    if (from.method === 'OPTIONS') return forward(from, to, body)
    paths.push(from.url ?? '')
    note(from.url ?? '', body.toString())
    if (fault === 'dead') return to.destroy()
    if (fault === 'slow') await sleep(SLOW_MS)
    if (fault === null || fault === 'slow') return forward(from, to, body)
    if (fault === '500' || fault === '429')
      return to
        .writeHead(Number(fault), { ...OPEN, 'Retry-After': '1' })
        .end('{"errorCode":"GENERAL"}')
    if (fault === 'garbage')
      return to.writeHead(200, { ...OPEN, ETag: '"x"' }).end('<html>no json</html>')
    to.writeHead(200, { ...OPEN, 'Content-Length': '1000' })
    to.write('{"flags":{"a":tr', () => to.destroy())
  }

  const server = createServer((from, to) => void act(from, to).catch(() => to.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    paths,
    /** Takes effect at once. Open connections break. */
    become(fault: Fault | null) {
      state.fault = fault
      server.closeAllConnections()
    },
    /** From now on streams stay open and carry nothing. Reads go through. */
    stallStreams() {
      state.isStalled = true
    },
    /** How many chunks of streams came in since they stall. */
    countWithheld: () => state.withheld,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
