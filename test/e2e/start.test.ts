import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, run, type Running } from '../support/server-process.ts'
import { openStream } from '../support/server-stream.ts'
import { credential } from '../support/server-api.ts'

/*
 * `npm start` as a newcomer types it, of design §8: what it says, what is there, and that nothing is lost and nothing
 * left behind, however it ends.
 */

const execute = promisify(execFile)
const START = 'worker/local/start.ts'

const places: string[] = []
const started: Running[] = []

const newPlace = async () => {
  const place = await mkdtemp(join(tmpdir(), 'flags-start-'))
  places.push(place)
  return place
}

/** Types `npm start`, and waits until it is up. Temporary files go where the data goes. */
const start = async (place: string) => {
  const running = run(['npm', 'start'], await freePort(), {
    STATE_DIR: join(place, 'state'),
    TMPDIR: place,
  })
  started.push(running)
  await running.up()
  return running
}

const isOn = async ({ ask }: Running, key: string) =>
  (await ask<{ enabled: boolean }>('GET', `/api/flags/${key}`, { as: credential.viewer })).enabled

afterAll(async () => {
  for (const { end } of started) end()
  await Promise.all(started.map(({ ended }) => ended))
  await Promise.all(places.map((place) => rm(place, { recursive: true, force: true })))
})

describe('npm start for the first time', () => {
  let server: Running
  let place: string
  beforeAll(async () => {
    place = await newPlace()
    server = await start(place)
  })

  it('the output has the address and the keys, and no warning', () => {
    const { said, url } = server
    expect(said.out).toContain(`${url}/openapi.json`)
    for (const name of ['client', 'server', 'admin', 'editor', 'viewer'])
      expect(said.out).toContain(`flags_${name}_local`)
    expect(said.out).not.toMatch(/warn|error|fail|\[\d+m/i)
    expect(said.err).toBe('')
  })

  it('the demo flags and experiments exist', async () => {
    const flags = await server.ask<{ items: { key: string }[] }>('GET', '/api/flags', {
      as: credential.viewer,
    })
    expect(new Map(flags.items.map((flag) => [flag.key, flag]))).toEqual(
      new Map<string, unknown>([
        ['booking.enabled', expect.objectContaining({ enabled: true, killSwitch: true })],
        ['checkout.enabled', expect.objectContaining({ enabled: true, killSwitch: true })],
        [
          'checkout.new_ui',
          expect.objectContaining({
            rollout: 20,
            rules: { roles: ['ADMIN', 'ORGANIZER'], cities: ['Mumbai', 'Delhi'] },
          }),
        ],
        ['feature.new_checkout', expect.objectContaining({ killSwitch: false })],
        ['payments.enabled', expect.objectContaining({ enabled: true, killSwitch: true })],
      ]),
    )
    const experiments = await server.ask<{ items: unknown[] }>('GET', '/api/experiments', {
      as: credential.viewer,
    })
    expect(experiments.items).toMatchObject([
      { key: 'checkout-redesign', status: 'RUNNING' },
      { key: 'pricing-display-test', status: 'DRAFT' },
    ])
  })

  it.each([
    ['flags_client_local', [200, 403, 403, 403]],
    ['flags_server_local', [200, 403, 403, 403]],
    ['flags_viewer_local', [401, 200, 403, 403]],
    ['flags_editor_local', [401, 200, 200, 403]],
    ['flags_admin_local', [401, 200, 200, 200]],
  ])('%s may evaluate, read, edit and manage keys: %j', async (as, expected) => {
    const body = { context: { userId: 'u-42' } }
    const answers = [
      await server.send('POST', '/v1/flags/evaluate', { as, body }),
      await server.send('GET', '/api/flags', { as }),
      await server.send('PATCH', '/api/flags/checkout.new_ui', { as, body: { comment: 'mine' } }),
      await server.send('GET', '/api/keys', { as }),
    ]
    expect(answers.map(({ status }) => status)).toEqual(expected)
  })

  it('the root serves the admin UI', async () => {
    const page = await server.send('GET', '/')
    expect(page.headers.get('Content-Type')).toContain('text/html')
    expect(await page.text()).toContain('<script')
  })

  it.skipIf(spawnSync('curl', ['--version']).error)('the printed commands work', async () => {
    const commands = server.said.out.match(/curl .*\\\n.*/g) ?? []
    expect(commands.length).toBe(2)
    const [evaluated, edited] = await Promise.all(
      commands.map(async (command) => {
        const { stdout } = await execute('sh', ['-c', command])
        return JSON.parse(stdout) as Record<string, unknown>
      }),
    )
    expect(evaluated).toMatchObject({ flags: { 'payments.enabled': true } })
    expect(edited).toMatchObject({
      flag: { key: 'booking.enabled', enabled: false },
      published: true,
    })
    const { flags } = await server.evaluate({ userId: 'u-42' }, Number(edited?.snapshotVersion))
    expect(flags['booking.enabled']).toBe(false)
  })

  it('a second start with the same data is refused with advice', async () => {
    const settings = { STATE_DIR: join(place, 'state') }
    const refused = run(['node', START], await freePort(), settings)
    expect(await refused.ended).toBe(1)
    expect(refused.said.err).toContain(`Another start serves the data in ${settings.STATE_DIR}`)
    expect(refused.said.err).toContain('STATE_DIR=/some/where npm start')
    expect(refused.said.out).toBe('')
    expect(await isOn(server, 'checkout.enabled')).toBe(true)
  })

  it('Ctrl-C stops it with a message while a client listens', async () => {
    const { next, close } = await openStream(`${server.url}/v1/stream`, {
      'X-API-Key': credential.client,
    })
    await next()
    server.signal('SIGINT', 'group')
    await server.ended
    close()
    expect(server.said.out).toContain('Stopped. The data is kept in')
    expect(server.said.err).toBe('')
    await server.nothingIsLeft()
  })
})

it('npm start: acknowledged edits survive a stop and crashes, and nothing is seeded twice', async () => {
  const place = await newPlace()
  const first = await start(place)
  await first.updateFlag('booking.enabled', { enabled: false })
  await first.deleteFlag('feature.new_checkout', {})
  first.signal('SIGTERM', 'process') // npm dies of it and tells nobody
  await first.ended
  await first.nothingIsLeft()

  const second = await start(place)
  expect(second.said.out).toContain('Kept the data that is there')
  expect(await isOn(second, 'booking.enabled')).toBe(false)
  expect((await second.evaluate({ userId: 'u-42' })).flags).not.toHaveProperty(
    'feature.new_checkout',
  )
  const edits = Array.from({ length: 10 }, (_, index) =>
    second.setFlag(`crash.flag_${index}`, { enabled: true, rollout: 100 }),
  )
  const acknowledged = Math.max(...(await Promise.all(edits)).map((edit) => edit.snapshotVersion))
  second.signal('SIGKILL', 'group')
  await second.ended
  await second.nothingIsLeft()

  const third = await start(place)
  const { flags, version } = await third.evaluate({ userId: 'u-42' })
  expect(version).toBe(acknowledged)
  expect(flags).toMatchObject({
    'crash.flag_0': true,
    'crash.flag_9': true,
    'booking.enabled': false,
  })
  process.kill(third.find('--persist-to')?.pid ?? Number.NaN, 'SIGKILL')
  await third.ended
  expect(third.said.err).toContain('The server stopped by itself')
  await third.nothingIsLeft()
})

describe('npm start says why it cannot serve', () => {
  it('the port is taken', async () => {
    const port = await freePort()
    const other = createServer((_, response) => response.end('{}')).listen(port, 'localhost')
    const refused = run(['node', START], port, { STATE_DIR: await newPlace() })
    expect(await refused.ended).toBe(1)
    expect(refused.said.err).toContain(`Port ${port} is taken`)
    expect(refused.said.err).toContain(`PORT=${port + 1} npm start`)
    other.close()
  })

  it.each(['65536', 'http'])('PORT=%s is refused', async (port) => {
    const refused = run(['node', START], Number.NaN, { STATE_DIR: await newPlace(), PORT: port })
    expect(await refused.ended).toBe(1)
    expect(refused.said.err).toContain('it must be a whole number from 1 to 65535')
  })

  it('the data folder cannot be written', async () => {
    const refused = run(['node', START], await freePort(), { STATE_DIR: '/dev/null/state' })
    expect(await refused.ended).toBe(1)
    expect(refused.said.err).toContain('The data cannot be kept in /dev/null/state')
  })
})
