import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFakeCloudflare } from '../support/fake-cloudflare.ts'

/*
 * `npm run deploy` with the real Wrangler, against Cloudflare's API on loopback.
 */

const root = new URL('../..', import.meta.url).pathname
let cloudflare: Awaited<ReturnType<typeof startFakeCloudflare>>
beforeEach(async () => {
  cloudflare = await startFakeCloudflare()
})
afterEach(() => cloudflare.close())

const run = async (args: readonly string[], settings: Record<string, string>) => {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['worker/deploy/deploy.ts', ...args], {
    cwd: root,
    env: { PATH, HOME, CI: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (output += String(text)))
  const [code] = await once(child, 'close')
  return { code: Number(code), output }
}

const deploy = async (...args: string[]) => {
  const { code, output } = await run(args, {
    CLOUDFLARE_API_BASE_URL: cloudflare.url,
    CLOUDFLARE_API_TOKEN: 'token',
    CLOUDFLARE_ACCOUNT_ID: 'account',
  })
  return { code, output, calls: cloudflare.calls.splice(0) }
}

const addresses = 'addresses {"enabled":true,"previews_enabled":false}'
const schedules = 'schedules [{"cron":"* * * * *"}]'

describe('npm run deploy', () => {
  it('the first deployment asks where D1 is, and makes nothing before', async () => {
    const { code, output, calls } = await deploy()
    expect(output).toContain('Decide where D1 is, because it never moves')
    expect(code).toBe(1)
    expect(calls).toEqual([])
  })

  it('D1 is made in its place and migrated before each deployment; staging attaches nothing of it', async () => {
    expect(await deploy('--location', 'apac')).toMatchObject({
      code: 0,
      calls: [
        'create D1 indietix-flags-db {"primary_location_hint":"apac"}',
        'create KV indietix-flags-snapshots',
        'deploy indietix-flags on indietix-flags-db (migrated)',
        addresses,
        schedules,
      ],
    })
    expect(cloudflare.scripts.get('indietix-flags')?.metadata).toContain(
      '{"name":"LOCATION","type":"plain_text","text":"apac"}',
    )
    expect(await deploy()).toMatchObject({
      code: 0,
      calls: ['deploy indietix-flags on indietix-flags-db (migrated)', addresses, schedules],
    })
    expect(await deploy('--env', 'staging', '--jurisdiction', 'eu')).toMatchObject({
      code: 0,
      calls: [
        'create D1 indietix-flags-staging-db {"jurisdiction":"eu"}',
        'create KV indietix-flags-staging-snapshots',
        'deploy indietix-flags-staging on indietix-flags-staging-db (migrated)',
        addresses,
        schedules,
      ],
    })
  })

  it('a failed migration stops the deployment', async () => {
    await deploy('--location', 'apac')
    cloudflare.breakDatabases()
    const { code, output, calls } = await deploy()
    expect(output).toContain('The migrations failed. The Worker was not deployed.')
    expect(code).toBe(1)
    expect(calls).toEqual([])
  })
})

describe('npm run deploy -- --check', () => {
  it('prints what would be made and switched on, without an account or the network', async () => {
    const { code, output } = await run(['--check'], {
      NODE_OPTIONS: `--import ${new URL('../support/no-network.ts', import.meta.url).href}`,
    })
    for (const line of [
      'Worker indietix-flags',
      'D1 indietix-flags-db: that of an earlier deployment, else a new one',
      'KV indietix-flags-snapshots',
      'workers.dev on',
      'preview URLs off',
      'cron * * * * *',
      'Nothing was deployed.',
    ])
      expect(output).toContain(line)
    expect(output).not.toContain('the network')
    expect(code).toBe(0)
  })

  it.each([
    [['--env', 'stagign'], 'wrangler.toml has no [env.stagign].'],
    [['--name', 'other'], "Unknown option '--name'"],
    [['--location', 'mars'], 'LOCATION "mars" is none of'],
    [['--jurisdiction', 'moon'], 'JURISDICTION "moon" is none of'],
  ])('refuses %j with advice', async (args, advice) => {
    const { code, output } = await run(['--check', ...args], {})
    expect(output).toContain(advice)
    expect(code).toBe(1)
  })
})
