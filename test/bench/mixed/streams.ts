import { request } from 'node:http'

const RECONNECT_MS = 500

/** Listens for versions, and reconnects after a break, as an EventSource does. */
export const listen = (port: number, listeners: number) => {
  const heard = Array.from({ length: listeners }, () => 0)
  let isClosed = false
  const open = (listener: number) => {
    if (isClosed) return
    const again = () => void setTimeout(() => open(listener), RECONNECT_MS).unref()
    request(
      {
        host: '127.0.0.1',
        port,
        path: '/v1/stream',
        headers: { Authorization: 'Bearer flags_client_local' },
      },
      (answer) =>
        answer
          .setEncoding('utf8')
          .on('data', (text: string) => {
            for (const [, id] of text.matchAll(/^id: (\d+)$/gm))
              heard[listener] = Math.max(heard[listener] ?? 0, Number(id))
          })
          .on('error', () => {})
          .on('close', again),
    )
      .on('error', again)
      .end()
  }
  heard.forEach((_, listener) => open(listener))
  return { heard, close: () => void (isClosed = true) }
}
