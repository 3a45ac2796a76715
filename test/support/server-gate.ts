import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that can be shut: then all that is open breaks, and nothing new gets through. */
export const openGate = async (target: string) => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isOpen = true

  const join = (near: Socket) => {
    if (!isOpen) return near.destroy()
    const far = connect(Number(port), hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => sockets.delete(socket) && other.destroy())
      socket.pipe(other)
    }
  }
  const server = createServer(join).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakAll = () => sockets.forEach((socket) => socket.destroy())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut() {
      isOpen = false
      breakAll()
    },
    reopen: () => (isOpen = true),
    async close() {
      server.close()
      breakAll()
      await once(server, 'close')
    },
  }
}
