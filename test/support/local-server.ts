import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import type { TestProject } from 'vitest/node'

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

const root = new URL('../..', import.meta.url).pathname

/** Starts what `npm start` runs, with a port and a directory of its own. */
const startServerAt = async (port: number) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'flags-e2e-'))
  const server = spawn(process.execPath, ['worker/local/start.ts'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), STATE_DIR: stateDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  server.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  server.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  server.stderr.pipe(process.stderr)
  const died = once(server, 'close').then(([code, signal]) => {
    throw new Error(`npm start ended with ${code ?? signal}; its output: ${output}`)
  })
  const isUp = async () => {
    while (!output.includes('is up.')) await once(server.stdout, 'data')
  }
  await Promise.race([isUp(), died])
  let isWanted = true
  died.catch((error: unknown) => isWanted && console.error(error))
  return {
    origin: `http://localhost:${port}`,
    stop: async () => {
      isWanted = false
      server.kill('SIGTERM')
      await died.catch(() => {})
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

/** Starts a server. Another process may take a free port before the server does: then it tries another one. */
const startServer = async () => {
  for (;;) {
    try {
      return await startServerAt(await freePort())
    } catch (error) {
      if (!/already in use|is taken/.test(String(error))) throw error
    }
  }
}

/**
 * Builds the admin UI, then starts a server for each file that may run at the same time. Files share a server one after
 * the other, so each of them uses its own flags and keys.
 */
export default async (project: TestProject) => {
  await build({ configFile: `${root}admin-ui/vite.config.ts`, logLevel: 'error' })
  const servers = await Promise.all(Array.from({ length: project.config.maxWorkers }, startServer))
  project.provide(
    'origins',
    servers.map(({ origin }) => origin),
  )
  return async () => {
    await Promise.all(servers.map(({ stop }) => stop()))
  }
}
