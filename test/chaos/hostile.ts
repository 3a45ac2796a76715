import type * as z from 'zod'
import type { Random } from './random.ts'

type Schema = z.core.JSONSchema.JSONSchema

const LONG = 'x'.repeat(300)

/** Texts that people and attackers type, and their damaged forms. */
export const STRINGS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  'a\udfffb',
  '\u202Egnp.exe',
  '\uFEFF',
  '🎟️',
  'ﷺ'.repeat(40),
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-0',
  '1e309',
  '0x10',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; DROP TABLE feature_flag; --",
  '${7*7}{{7*7}}',
  '../../etc/passwd',
  '%00',
  '%2e%2e%2f',
  'a\r\nSet-Cookie: x=1',
  '*',
  '%',
  '_',
  '2026-13-45T99:99:99Z',
  '9999-12-31T23:59:59.999Z',
  'feature.a',
  'exp-a',
  LONG,
  'y'.repeat(5_000),
]

const NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  1,
  0.1,
  99,
  100,
  101,
  256,
  257,
  10_000,
  10_001,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  8.64e15,
  8.64e15 + 1,
  1.5e300,
  -1e-300,
]

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

const NAMES = ['__proto__', 'constructor', 'toString', 'userId', 'key', '', '0', '\u0000', LONG]

export const aString = (r: Random): string => r.pick('feature.a', ...STRINGS)

/** Any JSON value. */
export const aValue = (r: Random, depth = 0): unknown =>
  r.weighted<() => unknown>([
    [5, () => aString(r)],
    [4, () => r.pick(0, ...NUMBERS)],
    [3, () => r.pick<unknown>(null, true, false)],
    [1, () => JSON.parse(nested(r.pick(1, 20, 2_000)))],
    [depth < 3 ? 2 : 0, () => r.times(r.below(4), () => aValue(r, depth + 1))],
    [
      depth < 3 ? 2 : 0,
      () =>
        Object.fromEntries(
          r.times(r.below(4), () => [r.pick('a', ...NAMES), aValue(r, depth + 1)]),
        ),
    ],
  ])()

type Definitions = Readonly<Record<string, Schema>>

const stringFor = (r: Random, { format, example, pattern }: Schema): string => {
  if (format === 'date-time') return r.pick('2026-11-01T00:00:00Z', '2040-01-01T00:00:00.000Z')
  if (typeof example === 'string') return example
  return pattern === undefined ? r.pick('text', 'u-1', 'A') : r.pick('feature.a', 'exp-a', 'a')
}

/** A value that nearly fits the schema. Other functions damage it. */
export const createSample = (r: Random, schema: Schema, definitions: Definitions): unknown => {
  const of = (inner: Schema | boolean | undefined): unknown =>
    typeof inner === 'object' ? createSample(r, inner, definitions) : 'anything'
  if (schema.$ref) return of(definitions[schema.$ref.split('/').at(-1) ?? ''])
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return r.pick(schema.enum[0], ...schema.enum)
  const options = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (options) return of(r.pick(options[0], ...options))
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => schema.required?.includes(name) || r.chance(0.6))
          .map(([name, inner]) => [name, of(inner as Schema)]),
      )
    case 'array':
      return r.times(Math.max(schema.minItems ?? 0, r.below(3)), () => of(schema.items as Schema))
    case 'string':
      return stringFor(r, schema)
    case 'integer':
    case 'number':
      return r.pick(schema.minimum ?? 0, schema.maximum ?? 1, 1)
    case 'boolean':
      return r.chance(0.5)
    case 'null':
      return null
    case undefined:
      return aValue(r)
  }
}

/** The value with one fault in a random place. */
const spoil = (r: Random, value: unknown): unknown => {
  if (Array.isArray(value) && value.length > 0 && r.chance(0.8)) {
    const at = r.below(value.length)
    return r.chance(0.2)
      ? r.times(r.pick(101, 501, 1_001), () => value[at] as unknown)
      : value.with(at, spoil(r, value[at]))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return aValue(r)
  const entries = Object.entries(value)
  const at = r.below(entries.length)
  const [name, member] = entries[at] ?? ['', undefined]
  return Object.fromEntries(
    r.weighted<() => [string, unknown][]>([
      [3, () => entries.toSpliced(at, 1)],
      [3, () => [...entries, [r.pick('extra', ...NAMES), aValue(r)]]],
      [entries.length > 0 ? 8 : 0, () => entries.with(at, [name, spoil(r, member)])],
    ])(),
  )
}

/** Damages the JSON text itself. */
const spoilText = (r: Random, text: string): string =>
  r.weighted<() => string>([
    [3, () => text.replace('{', '{"__proto__":{"role":"admin","enabled":true},')],
    [3, () => text.replace('{', `{"key":1,"key":${JSON.stringify(aString(r))},"context":{},`)],
    [3, () => text.replace(/\d+/, r.pick('1e999', '-0', '1e-400', '00', '0x1', '٣'))],
    [2, () => text.slice(0, r.below(text.length + 1))],
    [1, () => `${text}${text}`],
    [1, () => `\uFEFF${text}`],
    [1, () => text.replaceAll('"', "'")],
    [1, () => nested(r.pick(100, 30_000))],
    [1, () => `{"context":{"a":${nested(30_000)}}}`],
    [0.5, () => JSON.stringify('z'.repeat(r.pick(64, 70, 300) * 1_024))],
    [1, () => r.pick('', 'null', 'true', '1', '"', '[]', '{}', 'undefined', '\u0000')],
  ])()

/** A body for a schema: sometimes valid, usually not. */
export const aBody = (r: Random, schema: Schema, definitions: Definitions): string => {
  const sample = createSample(r, schema, definitions)
  return r.weighted<() => string>([
    [4, () => JSON.stringify(sample)],
    [6, () => JSON.stringify(spoil(r, sample)) ?? 'null'],
    [1, () => JSON.stringify(aValue(r))],
    [3, () => spoilText(r, JSON.stringify(sample))],
  ])()
}
