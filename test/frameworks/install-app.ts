import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { getOrigin } from '../support/origin.ts'
import { packSdk } from '../support/packed-project.ts'
import { freePort } from '../support/server-process.ts'

const root = resolve(import.meta.dirname, '../..')
const CACHE = join(tmpdir(), 'flags-frameworks')

/** The settings of a newcomer's shell, with the Node of this repository first. */
const createEnvironment = (settings: Record<string, string> = {}) => ({
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
  HOME: process.env.HOME ?? '',
  CI: 'true',
  NEXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  ...settings,
})

const runIn = (cwd: string, command: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: createEnvironment(),
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** Installs the pinned packages, unless an earlier run has. */
const installPackages = async (path: string) => {
  const wanted = await readFile(join(path, 'package.json'), 'utf8')
  const marker = join(path, 'node_modules/.installed')
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return
  runIn(path, 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'])
  await mkdir(join(path, 'node_modules'), { recursive: true })
  await writeFile(marker, wanted)
}

let packed: ReturnType<typeof packSdk> | undefined

/** Copies an app outside of the repository, with its packages and the packed SDK. It uses the service of the tests. */
export const installApp = async (name: string) => {
  const path = join(CACHE, name)
  await mkdir(path, { recursive: true })
  await cp(join(import.meta.dirname, 'apps', name), path, { recursive: true })
  for await (const file of glob('**/*.{ts,tsx,js,cjs,mjs,astro}', {
    cwd: join(import.meta.dirname, 'apps', name),
  })) {
    const text = await readFile(join(path, file), 'utf8')
    await writeFile(join(path, file), text.replaceAll('http://localhost:8787', getOrigin()))
  }
  await installPackages(path)
  const { tarball } = await (packed ??= packSdk(CACHE))
  const target = join(path, 'node_modules/@indietix/flags')
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  runIn(path, 'tar', ['-xzf', tarball, '--strip-components=1', '-C', target])
  return {
    path,
    tarball,
    run: (command: string, ...args: string[]) => runIn(path, command, args),
    /** Starts a server of the app and waits until it answers. */
    async serve(command: string, ...args: string[]) {
      const port = await freePort()
      const origin = `http://localhost:${port}`
      const withPort = args.map((each) => each.replaceAll('PORT', String(port)))
      const child = spawn(command, withPort, {
        cwd: path,
        env: createEnvironment({ PORT: String(port), HOST: 'localhost' }),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const ended = once(child, 'close').then(([code]) => code as number | null)
      await expect
        .poll(
          () =>
            child.exitCode === null
              ? fetch(origin).then(({ status }) => status, String)
              : `${command} ended: ${output}`,
          { timeout: 120_000, interval: 200 },
        )
        .toBeTypeOf('number')
      return {
        origin,
        /** Ends the server, and returns its exit code. */
        stop: () => {
          child.kill('SIGTERM')
          return ended
        },
      }
    },
  }
}
