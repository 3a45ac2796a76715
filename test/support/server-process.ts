import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { expect, vi } from 'vitest'
import { apiAt } from './server-api.ts'

const root = new URL('../..', import.meta.url).pathname

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

type Process = { readonly pid: number; readonly parent: number; readonly command: string }

const readProcess = (pid: string): Process[] => {
  try {
    const [, state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (\S) (\d+) /)
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  } catch {
    return [] // It has ended meanwhile.
  }
}

/** The processes of this machine that run, read from /proc; none where there is no /proc. */
const processes = (): Process[] =>
  existsSync('/proc/self/stat')
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap(readProcess)
    : []

const offspring = (pid: number, among: readonly Process[]): Process[] =>
  among
    .filter(({ parent }) => parent === pid)
    .flatMap((child) => [child, ...offspring(child.pid, among)])

const kill = (pid: number) => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** Runs a command that serves, with nothing of the test runner's environment but what a newcomer's has, too. */
export const run = (command: readonly [string, ...string[]], port: number, settings: object) => {
  const { PATH = '', HOME = '' } = process.env
  const quietNpm = { npm_config_loglevel: 'error', npm_config_update_notifier: 'false' }
  const child = spawn(command[0], command.slice(1), {
    cwd: root,
    detached: true,
    env: { PATH, HOME, ...quietNpm, PORT: String(port), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = child.pid ?? Number.NaN
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => (said.out += String(text)))
  child.stderr.on('data', (text) => (said.err += String(text)))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  let family: readonly Process[] = []

  /** Those of its processes, as they were when it was up, that run still. */
  const left = () => {
    const running = processes()
    return family.filter((member) =>
      running.some(({ pid: id, command: line }) => id === member.pid && line === member.command),
    )
  }

  return {
    ...apiAt(`http://localhost:${port}`),
    said,
    /** Resolves to the exit code when it has ended and said everything; null after a signal. */
    ended,
    /** Resolves when it has said that it is up. */
    up: async () => {
      await vi.waitFor(
        () => expect(said).toMatchObject({ out: expect.stringContaining('is up.') }),
        {
          timeout: 200_000,
          interval: 50,
        },
      )
      family = offspring(pid, processes())
    },
    find: (part: string) => family.find(({ command: line }) => line.includes(part)),
    /** Ends processes that a failed test has left. */
    end: () => [-pid, ...left().map((member) => member.pid)].forEach(kill),
    nothingIsLeft: () => vi.waitFor(() => expect(left()).toEqual([]), { timeout: 120_000 }),
    /** Signals the process alone, as a supervisor does, or its whole group, as Ctrl-C does. */
    signal: (name: NodeJS.Signals, to: 'process' | 'group') =>
      process.kill(to === 'group' ? -pid : pid, name),
  }
}

export type Running = ReturnType<typeof run>
