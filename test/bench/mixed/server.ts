import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ENTRY = join(import.meta.dirname, 'serve.ts')

/** The resident memory of workerd, the child of the process that was started, in megabytes (proc(5)). */
const readMemory = (pid: number): number | undefined => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    const statuses = children
      .filter(Boolean)
      .map((id) => readFileSync(`/proc/${id}/status`, 'utf8'))
    const status = statuses.find((text) => text.startsWith('Name:\tworkerd'))
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(status ?? '')?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
  } catch {
    return undefined
  }
}

type Message = { isUp?: true; id?: number; rows?: unknown[]; error?: string }

/** The service in its own process group. A test can kill it, as a power cut does, and start it again. */
export const createServer = (port: number, stateDir: string, adminToken: string) => {
  let child: ChildProcess | undefined
  let questions = 0

  const start = async (): Promise<void> => {
    const started = spawn(
      process.execPath,
      ['--no-warnings', ENTRY, String(port), stateDir, adminToken],
      { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    )
    child = started
    let lastWords = ''
    started.stderr?.on('data', (text) => (lastWords = (lastWords + String(text)).slice(-2_000)))
    const died = once(started, 'exit').then(([code]) => {
      throw new Error(`the service ended with ${code}: ${lastWords}`)
    })
    await Promise.race([once(started, 'message'), died])
    died.catch(() => {})
  }

  const kill = async (): Promise<void> => {
    if (child?.pid === undefined || child.exitCode !== null) return
    const gone = once(child, 'exit')
    process.kill(-child.pid, 'SIGKILL')
    await gone
  }

  /** Queries D1 directly. */
  const query = async <Row>(text: string): Promise<Row[]> => {
    const id = ++questions
    const asked = child
    if (!asked) throw new Error('the service was not started')
    const answer = new Promise<Message>((done) => {
      const hear = (message: Message) => {
        if (message.id !== id) return
        asked.off('message', hear)
        done(message)
      }
      asked.on('message', hear)
    })
    asked.send({ id, query: text })
    const { rows, error } = await answer
    if (!rows) throw new Error(error)
    return rows as Row[]
  }

  return { start, kill, query, memory: () => child?.pid && readMemory(child.pid) }
}

export type Server = ReturnType<typeof createServer>
