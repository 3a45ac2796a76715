import { connect, type Socket } from 'node:net'

/*
 * A load generator with little cost of its own. It writes prepared requests to keep-alive connections, and reads only
 * the status and the length of an answer. It sends a fixed number and ends.
 */

const CONNECTIONS = 16

/** A request as bytes for the connection. */
export const createRequest = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Buffer => {
  const lines = Object.entries({ Host: 'bench', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  const length = method === 'POST' ? [`Content-Length: ${Buffer.byteLength(body)}`] : []
  return Buffer.from(
    `${[`${method} ${path} HTTP/1.1`, ...lines, ...length].join('\r\n')}\r\n\r\n${body}`,
  )
}

/** The first complete answer in the received bytes. */
const parseAnswer = (
  received: Buffer,
): { status: number; end: number; head: string } | undefined => {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length === undefined && status !== 304) throw new Error(`an answer of no length:\n${head}`)
  const end = headEnd + 4 + Number(length ?? 0)
  return received.length < end ? undefined : { status, end, head }
}

/** Sends one request after another over one connection, until `take` gives none. */
const converse = (socket: Socket, take: () => Buffer | undefined, status: number) =>
  new Promise<void>((done, fail) => {
    let received: Buffer = Buffer.alloc(0)
    const send = () => {
      const request = take()
      if (request) socket.write(request)
      else done()
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the connection was closed')))
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const answer = parseAnswer(received)
      if (!answer) return
      if (answer.status !== status)
        return fail(new Error(`${status} was expected:\n${received.toString('utf8', 0, 2_000)}`))
      received = received.subarray(answer.end)
      send()
    })
    send()
  })

export type Target = {
  readonly port: number
  readonly requests: readonly Buffer[]
  readonly status?: number
}

/** Sends that many requests, each after an answer. Another status than the expected one is an error. */
export const load = async ({ port, requests, status = 200 }: Target, count: number) => {
  let sent = 0
  const take = () => (sent < count ? requests[sent++ % requests.length] : undefined)
  const sockets = Array.from({ length: CONNECTIONS }, () =>
    connect({ port, host: '127.0.0.1', noDelay: true }),
  )
  const start = performance.now()
  await Promise.all(sockets.map((socket) => converse(socket, take, status)))
  const seconds = (performance.now() - start) / 1000
  for (const socket of sockets) {
    socket.removeAllListeners('close')
    socket.destroy()
  }
  return count / seconds
}
