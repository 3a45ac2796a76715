import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { declareKeys } from '../../../sdk/bin/keys-file.ts'
import { parseBundle, type Bundle } from '../../../sdk/bundle.ts'
import type { FlagsOptions } from '../../../sdk/options.ts'
import { FlagsProvider, useFlag, useFlagValue } from '../../../sdk/react/index.ts'
import { createServerFlagsClient } from '../../../sdk/server.ts'
import { parseOldBundle } from '../../support/bundle-parser-5a62017.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  SNAPSHOT,
  useFakeService,
} from '../../support/flags-service.ts'

/* Values of flags of every type, as an app reads them. */

const service = useFakeService()
const warn = vi.spyOn(console, 'warn')
beforeEach(() => warn.mockImplementation(() => {}))
afterEach(() => warn.mockReset())

const layout = { rows: [1, null], name: 'wide' }
const values = { theme: 'blue', limit: 10, layout }
const TYPED = { ...BUNDLE, flags: { ...BUNDLE.flags, ...values } }

const served = (type: string, value: unknown, none: unknown) => ({
  enabled: true,
  rollout: 100,
  rules: null,
  type,
  variants: [
    { name: 'none', value: none },
    { name: 'some', value },
  ],
  offVariant: 'none',
  serve: 'some',
})
const DOCUMENT = {
  ...SNAPSHOT,
  flags: [
    ...SNAPSHOT.flags,
    { key: 'theme', ...served('string', 'blue', '') },
    { key: 'limit', ...served('number', 10, 0) },
    { key: 'layout', ...served('json', layout, {}) },
  ],
}

const open = (options: Partial<FlagsOptions> = {}) => {
  service.answers.bundle = () => answerJson(TYPED)
  service.answers.snapshot = () => answerJson(DOCUMENT)
  return createTestClient(service, { stream: false, ...options })
}

/** Renders values of several types. */
const Probe = () =>
  JSON.stringify([
    useFlagValue('theme', ''),
    useFlagValue('limit', 1),
    useFlag('on'),
    useFlag('theme', true),
  ])

const flag = (key: string, ...all: unknown[]) => ({
  key,
  variants: all.map((value) => ({ value })),
})

const local = { key: 'flags_server_test', evaluation: 'local' } as const

describe.each([
  ['remote', {}],
  ['local', local],
] as const)('Values with %s evaluation', (_, options) => {
  it('each read gets the value of its type', async () => {
    const flags = open(options)
    expect(await flags.getString(ANNA, 'theme', 'red')).toBe('blue')
    expect(await flags.getNumber(ANNA, 'limit', 1)).toBe(10)
    expect(await flags.getObject(ANNA, 'layout', { name: '' })).toEqual(layout)
    expect(await flags.getValue(ANNA, 'theme', 'red')).toBe('blue')
    expect(await flags.getValue(ANNA, 'on', false)).toBe(true)
    expect(flags.peekValue(ANNA, 'limit', 1)).toBe(10)
    expect(await flags.getAllFlags(ANNA)).toEqual({ on: true, off: false })
    expect((await flags.getBundle(ANNA))?.values).toEqual(values)
    await flags.close()
  })

  it('a value is frozen, so that a change for one user reaches no other', async () => {
    const flags = open(options)
    const first = await flags.getObject(ANNA, 'layout', layout)
    expect(() => first.rows.push(2)).toThrow(TypeError)
    expect(() => Object.assign(first, { name: 'narrow' })).toThrow(TypeError)
    expect(await flags.getObject(ANNA, 'layout', layout)).toEqual(layout)
    await flags.close()
  })

  it('an unknown flag gives the default, without a report', async () => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = open({ ...options, onError })
    expect(await flags.getString(ANNA, 'nowhere', 'red')).toBe('red')
    expect(await flags.getNumber(ANNA, '__proto__', 1)).toBe(1)
    expect(await flags.getObject(ANNA, 'constructor', layout)).toBe(layout)
    expect(onError).not.toHaveBeenCalled()
    await flags.close()
  })

  it('a value of another type gives the default, with one report a flag', async () => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = open({ ...options, onError })
    for (const _again of [1, 2]) {
      expect(await flags.getNumber(ANNA, 'theme', 1)).toBe(1)
      expect(await flags.getString(ANNA, 'on', 'no')).toBe('no')
      expect(await flags.getFlag(ANNA, 'layout', true)).toBe(true)
      expect(flags.peekFlag(ANNA, 'layout')).toBe(false)
    }
    expect(onError.mock.calls.map(([error]) => String(error))).toEqual([
      'Error: the flag theme is a string, and the app reads a number: it gets its default',
      'Error: the flag on is a boolean, and the app reads a string: it gets its default',
      'Error: the flag layout is an object or a list, and the app reads a boolean: it gets its default',
    ])
    expect(warn).toHaveBeenCalledTimes(3)
    await flags.close()
  })
})

describe('Typed values in a bundle', () => {
  it('the request asks for them, and storage keeps them for the next start', async () => {
    const storage = memoryStorage()
    const first = open({ storage })
    await first.getString(ANNA, 'theme', '')
    expect(service.requestsTo('/v1/bundle')[0]?.body).toEqual({ context: ANNA, values: true })
    service.answers.bundle = () => Promise.reject(new TypeError('fetch failed'))
    const next = createTestClient(service, { stream: false, storage })
    expect(await next.getString(ANNA, 'theme', '')).toBe('blue')
    await Promise.all([first.close(), next.close()])
  })

  it('an equal object stays the same one when another value changes', async () => {
    const flags = open()
    const before = await flags.getObject(ANNA, 'layout', {})
    const changed = { ...TYPED, version: 8, flags: { ...TYPED.flags, theme: 'red' } }
    service.answers.bundle = () => answerJson(changed)
    await flags.refresh()
    expect(flags.peekValue(ANNA, 'theme', '')).toBe('red')
    expect(flags.peekValue(ANNA, 'layout', {})).toBe(before)
    await flags.close()
  })

  it('a listener is called when one of them changes', async () => {
    const flags = open()
    await flags.ready(ANNA)
    const listener = vi.fn<() => void>()
    flags.subscribe(ANNA, listener)
    const changed = { ...TYPED, version: 8, flags: { ...TYPED.flags, limit: 11 } }
    service.answers.bundle = () => answerJson(changed)
    await flags.refresh()
    expect(listener).toHaveBeenCalledTimes(1)
    await flags.close()
  })

  it('a page gets them from a bootstrap, and so do server components', async () => {
    service.answers.bundle = () => answerJson(TYPED)
    const server = createServerFlagsClient({
      url: 'https://flags.test',
      key: 'flags_server_test',
      fetch: service.fetch,
    })
    expect(await server.getString(ANNA, 'theme', '')).toBe('blue')
    expect(await server.getFlag(ANNA, 'theme')).toBe(false)
    const bootstrap = (await server.getBundle(ANNA)) as Bundle
    const props = { client: createTestClient(service), context: ANNA, bootstrap }
    const page = renderToString(createElement(FlagsProvider, props, createElement(Probe)))
    expect(JSON.parse(page.replaceAll('&quot;', '"'))).toEqual(['blue', 10, true, true])
    await server.close()
  })
})

describe('parseBundle', () => {
  it('divides the values by their types, and reads its own result again', () => {
    const parsed = parseBundle(TYPED)
    expect(parsed).toEqual({ ...BUNDLE, values })
    expect(parseBundle(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed)
    expect(parseBundle(BUNDLE)).toBe(BUNDLE)
  })

  it('refuses flags and values that are no objects', () => {
    expect(parseBundle({ ...BUNDLE, flags: ['a'] })).toBeUndefined()
    expect(parseBundle({ ...BUNDLE, flags: null })).toBeUndefined()
    expect(parseBundle({ ...BUNDLE, values: 7 })).toBeUndefined()
  })

  it('gives a bundle that a client of commit 5a62017 reads from storage or a page', () => {
    expect(parseOldBundle(TYPED)).toBeUndefined()
    expect(parseOldBundle(parseBundle(TYPED))).toMatchObject(BUNDLE)
  })
})

describe('npx indietix-flags types', () => {
  it('declares the values of each flag as literal types', () => {
    const text = declareKeys({
      flags: [
        { key: 'on' },
        flag('theme', 'blue', '"</script>', 'blue'),
        flag('limit', 1.5, -1),
        flag('layout', {}, JSON.parse('{"__proto__":[1,null]}')),
      ],
      experiments: [],
    })
    expect(text.split('\n').filter((line) => line.startsWith('    '))).toEqual([
      '    "layout": {} | {"__proto__":[1,null]}',
      '    "limit": 1.5 | -1',
      '    "on": boolean',
      '    "theme": "blue" | "\\"</script>"',
    ])
  })
})
