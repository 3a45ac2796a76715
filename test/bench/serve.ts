import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { COMPATIBILITY_DATE, root } from './bundle.ts'

/* Bare workerd, with nothing in front of it: one process, a service and a port for each Worker. */

export const freePort = () =>
  new Promise<number>((done, fail) => {
    const server = createServer().on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? done(address.port) : fail(new Error('no port')),
      )
    })
  })

const createConfig = (ports: Readonly<Record<string, number>>) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${Object.keys(ports)
    .map(
      (name) => `(name = "${name}", worker = (
    modules = [(name = "${name}.js", esModule = embed "${name}.js")],
    compatibilityDate = "${COMPATIBILITY_DATE}"))`,
    )
    .join(', ')}],
  sockets = [${Object.entries(ports)
    .map(
      ([name, port]) =>
        `(name = "${name}", address = "127.0.0.1:${port}", http = (), service = "${name}")`,
    )
    .join(', ')}]
);`

export type Served = {
  readonly ports: Readonly<Record<string, number>>
  /** The CPU time that workerd has used so far, in milliseconds. */
  readonly cpuTime: () => Promise<number>
  readonly stop: () => Promise<void>
}

const CLOCK_TICK_MS = 10

/** utime and stime are fields 14 and 15. The name in field 2 may contain spaces (proc(5)). */
const readCpuTime = async (pid: number) => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS
}

/** Starts workerd with these Workers, by name. It may not listen yet. */
export const serve = async (workers: Readonly<Record<string, string>>): Promise<Served> => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const ports: Record<string, number> = {}
  for (const [name, code] of Object.entries(workers)) {
    ports[name] = await freePort()
    await writeFile(join(folder, `${name}.js`), code)
  }
  const config = join(folder, 'config.capnp')
  await writeFile(config, createConfig(ports))
  const workerd = resolve(root, 'node_modules/.bin/workerd')
  const server = spawn(workerd, ['serve', config], { stdio: ['ignore', 'ignore', 'inherit'] })
  const { pid } = server
  if (pid === undefined) throw new Error('workerd does not start')
  return {
    ports,
    cpuTime: () => readCpuTime(pid),
    stop: async () => {
      server.kill()
      await new Promise((done) => server.once('exit', done))
      await rm(folder, { recursive: true })
    },
  }
}

/** Waits until a server listens on the port. */
export const untilUp = async (port: number, path = '/', pauseMs = 20): Promise<void> => {
  for (;;)
    try {
      await (await fetch(`http://127.0.0.1:${port}${path}`)).arrayBuffer()
      return
    } catch {
      await new Promise((tick) => setTimeout(tick, pauseMs))
    }
}
