import { Agent, request, type IncomingHttpHeaders } from 'node:http'

/** Longer than each allowed answer. A later answer counts as a hang. */
const HANG_MS = 20_000

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends requests with `node:http` over keep-alive connections. */
export const createClient = (port: number) => {
  const agent = new Agent({ keepAlive: true })
  const send = (
    method: string,
    path: string,
    token: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    new Promise((done, fail) => {
      const text = body && JSON.stringify(body)
      const sent = request(
        {
          agent,
          host: '127.0.0.1',
          port,
          method,
          path,
          timeout: HANG_MS,
          headers: {
            Authorization: `Bearer ${token}`,
            ...(text !== undefined && {
              'Content-Type': 'application/json',
              'Content-Length': Buffer.byteLength(text),
            }),
            ...headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('error', fail)
            .on('end', () =>
              done({
                status: answer.statusCode ?? 0,
                headers: answer.headers,
                text: Buffer.concat(chunks).toString(),
              }),
            )
        },
      )
      sent
        .on('error', fail)
        .on('timeout', () => sent.destroy(new Error(`${method} ${path} hangs`)))
        .end(text)
    })
  return { send, close: () => agent.destroy() }
}

export type Client = ReturnType<typeof createClient>
