import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFlagsClient } from '../../../sdk/client.ts'
import type { FlagsOptions } from '../../../sdk/options.ts'
import {
  ANNA,
  answerJson,
  createFakeService,
  SNAPSHOT,
  unreachable,
} from '../../support/flags-service.ts'

let folder: string
let path: string
let service: ReturnType<typeof createFakeService>
const onError = vi.fn<(error: unknown) => void>()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flags-file-'))
  path = join(folder, 'snapshot.json')
  service = createFakeService()
  onError.mockReset()
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
  vi.restoreAllMocks()
})

const createClient = (options: Partial<FlagsOptions> = {}) =>
  createFlagsClient({
    url: 'https://flags.test',
    key: 'flags_server_test',
    evaluation: 'local',
    snapshotFile: path,
    stream: false,
    fetch: service.fetch,
    onError,
    ...options,
  })

/** Runs a client until its snapshot is on disk. */
const fillFile = async (options: Partial<FlagsOptions> = {}) => {
  const flags = createClient(options)
  expect(await flags.ready()).toBe(true)
  await vi.waitFor(() => stat(path))
  await flags.close()
}

/** What a new client answers while the service is away. */
const readOffline = async (options: Partial<FlagsOptions> = {}) => {
  service.answers.snapshot = unreachable
  const flags = createClient({ timeoutMs: 300, ...options })
  const value = await flags.getFlag(ANNA, 'on')
  await flags.close()
  return value
}

const getProblems = () =>
  onError.mock.calls.flatMap(([error]) =>
    error instanceof Error && error.message.includes('snapshotFile') ? [error.message] : [],
  )

describe('Snapshot file', () => {
  it('answers after a restart while the service is away', async () => {
    await fillFile()
    expect(await readOffline()).toBe(true)
    expect(getProblems()).toEqual([])
  })

  it('leaves no other file, and only this user of the machine may read it', async () => {
    await fillFile()
    expect(await readdir(folder)).toEqual(['snapshot.json'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).not.toContain('flags_server_test')
  })

  it.each([
    ['is cut short', (text: string) => text.slice(0, text.length / 2)],
    ['is empty', () => ''],
    ['is no JSON', () => 'snapshot'],
    ['is JSON of something else', () => '[]'],
    ['has a changed flag', (text: string) => text.replace('"rollout":100', '"rollout":0')],
    ['has a changed version', (text: string) => text.replace('"version":7', '"version":9')],
  ])('ignores a file that %s, reports it and replaces it', async (_, damage) => {
    await fillFile()
    await writeFile(path, damage(await readFile(path, 'utf8')))
    expect(await readOffline()).toBe(false)
    expect(getProblems()).toEqual([expect.stringContaining('is ignored: it is damaged')])
    service.answers.snapshot = () => answerJson(SNAPSHOT)
    await rm(path)
    await fillFile()
    expect(await readOffline()).toBe(true)
  })

  it.each([
    ['url', { url: 'https://other.test' }],
    ['key', { key: 'flags_server_other' }],
  ])('never uses the snapshot of another %s', async (_, other) => {
    await fillFile(other)
    expect(await readOffline()).toBe(false)
    expect(getProblems()).toEqual([expect.stringContaining('of another url or key')])
  })

  it('demands a version that is not older than that of the file', async () => {
    await fillFile()
    const sent = service.requests.length
    service.answers.snapshot = () =>
      answerJson({ ...SNAPSHOT, version: 6, flags: [] }, 200, { 'X-Snapshot-Age': '40' })
    const flags = createClient()
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.requests[sent]?.query.get('minVersion')).toBe('7')
    await flags.close()
  })

  it('sends the ETag of the file', async () => {
    service.answers.snapshot = () => answerJson(SNAPSHOT, 200, { ETag: 'W/"a"' })
    await fillFile()
    service.answers.snapshot = ({ headers }) =>
      headers.get('If-None-Match') === 'W/"a"'
        ? answerJson(null, 304, { 'X-Snapshot-Version': '8' })
        : answerJson({}, 500)
    const flags = createClient()
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(flags.status().state).toBe('ready')
    await flags.close()
  })

  it.each([
    ['a folder that does not exist', (name: string) => `${name}/no/such/folder`],
    ['a folder in its place', (name: string) => name.replace('/snapshot.json', '')],
  ])('works from memory with %s, and reports it', async (_, change) => {
    const flags = createClient({ snapshotFile: change(path) })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await vi.waitFor(() => expect(getProblems().length).toBeGreaterThan(0))
    await flags.close()
  })

  it('works from memory on a platform without files, and says so', async () => {
    const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    const flags = createClient()
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(getProblems()).toEqual([expect.stringContaining('needs Node 20.16')])
    spy.mockRestore()
    await flags.close()
  })

  it('keeps the old file when the new one cannot be written', async () => {
    await fillFile()
    const before = await readFile(path, 'utf8')
    const files = process.getBuiltinModule('node:fs/promises')
    const rename = vi.fn<typeof files.rename>(async () => {
      throw new Error('no space left on device')
    })
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ ...files, rename })
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, version: 8 })
    const flags = createClient()
    expect(await flags.refresh()).toBe(true)
    await vi.waitFor(() => expect(getProblems()).toEqual([expect.stringContaining('be written')]))
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual(['snapshot.json']))
    expect(await readFile(path, 'utf8')).toBe(before)
    await flags.close()
  })
})
