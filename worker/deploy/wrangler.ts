import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { root } from '../local/settings.ts'

const cli = createRequire(import.meta.url).resolve('wrangler')

/** Without its banner, Wrangler does not ask the registry for its newest version. */
const quiet = { WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false' }

/** Runs Wrangler in this terminal, where it may ask a question. Resolves to the exit code. */
export const runWrangler = async (args: readonly string[]): Promise<number> => {
  const child = spawn(process.execPath, ['--no-warnings', cli, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...quiet },
  })
  const [code] = await once(child, 'close')
  return typeof code === 'number' ? code : 1
}

/** Runs Wrangler without a terminal. Resolves to the exit code and the output. */
export const captureWrangler = async (
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> => {
  const child = spawn(process.execPath, ['--no-warnings', cli, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...quiet, CI: '1' },
  })
  let output = ''
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (output += String(text)))
  const [code] = await once(child, 'close')
  return { code: typeof code === 'number' ? code : 1, output }
}
