import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath, URL } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { root } from './settings.ts'

/** Remarks of wrangler at every start that need no action. */
const HARMLESS = [/Scheduled Workers are not automatically triggered/, /Logs were written to/]

const GUARD = new URL('./die-with-parent.ts', import.meta.url)

/**
 * Filters the harmless remarks out. Wrangler begins a message at the margin and indents the rest,
 * so a remark ends where the next message begins: nothing else can be lost with it.
 */
export const withoutHarmless = (): ((line: string) => boolean) => {
  let isHarmless = false
  return (line) => {
    if (/^\S/.test(line)) isHarmless = HARMLESS.some((remark) => remark.test(line))
    return !isHarmless
  }
}

const pass = (from: Readable, to: NodeJS.WriteStream) => {
  const isWanted = withoutHarmless()
  createInterface({ input: from }).on('line', (line) => {
    if (isWanted(line)) to.write(`${to.isTTY ? line : stripVTControlCharacters(line)}\n`)
  })
}

/**
 * Starts wrangler, quiet and without any question to the network. `WRANGLER_LOG=log` makes it print more.
 *
 * It leads a process group of its own, so that Ctrl-C reaches it once, from us, and `endGroup` finds all that
 * it started. It dies with this process, however that dies.
 */
export const startWrangler = (args: readonly string[]): ChildProcess => {
  const cli = fileURLToPath(import.meta.resolve('wrangler'))
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--import',
      GUARD.href,
      cli,
      ...args,
      '--env',
      '',
      '--config',
      `${root}/wrangler.toml`,
    ],
    {
      cwd: root,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        WRANGLER_LOG: 'warn',
        ...process.env,
        CI: '1',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        WRANGLER_SEND_METRICS: 'false',
      },
    },
  )
  if (child.stdout) pass(child.stdout, process.stdout)
  if (child.stderr) pass(child.stderr, process.stderr)
  return child
}

/** Ends the processes that wrangler has left behind. */
export const endGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // The group is empty.
  }
}
