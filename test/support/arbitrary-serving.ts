import * as fc from 'fast-check'
import type { Condition } from '../../schema/condition.ts'
import type { Serve, Serving, Target } from '../../schema/serving-shape.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { aCondition, aFlag } from './arbitraries.ts'

/* What flags of every type serve. Made from few numbers, because a snapshot has many flags and a test many snapshots. */

const NAMES = ['off', 'on', 'blue', 'constructor', 'toString', 'hasOwnProperty', '1.10']

const VALUES = {
  string: ['', 'blue', '"</script>', '\ud83d', '__proto__', 'İß', '1'],
  number: [0, -0, 2 ** 53 + 1, -1.5, 0.1, Number.MAX_VALUE, Number.MIN_VALUE],
  json: [
    JSON.parse('{"__proto__":{"admin":true},"constructor":1}'),
    [],
    {},
    [1, 'a', null, [true]],
    { rows: [{ name: 'é' }], '': 0 },
    { toString: null },
    ['\ud83d'],
  ] as unknown[],
} as const

const pick = <Item>(items: readonly Item[], number: number): Item =>
  items[number % items.length] as Item

const aSeed = fc.tuple(fc.nat({ max: 2 ** 20 }), fc.nat({ max: 2 ** 20 }))

/** One variant, or weights of all of which some are 0. */
const toServe = (names: readonly string[], kind: number, weights: number): Serve =>
  kind % 2 === 0
    ? pick(names, weights)
    : names.map((variant, index) => ({
        variant,
        weight: index === weights % names.length ? 7 : ((weights >> (index * 3)) & 7) * 1_000,
      }))

type Seed = readonly [number, number]

const toTarget =
  (names: readonly string[]) =>
  ([when, [one, other]]: readonly [Condition[], Seed], index: number): Target => ({
    id: pick(['beta', 'staff', 'a-1', '0'], index),
    when,
    ...(one % 3 > 0 && { rollout: pick([0, 0.5, 50, 99.999, 100], other >> 4) }),
    serve: toServe(names, one >> 4, other),
  })

const BUCKET_ATTRIBUTES = ['seats', 'plan', 'targetingKey', 'tags', '__proto__', 'city']

type Parts = readonly [Seed, readonly (readonly [Condition[], Seed])[], number]

const toServing = ([[one, other], given, by]: Parts): Serving => {
  const further = (names: readonly string[]): Serving => ({
    ...(given.length > 0 && { targets: given.map(toTarget(names)) }),
    ...(by < BUCKET_ATTRIBUTES.length && { bucketBy: pick(BUCKET_ATTRIBUTES, by) }),
  })
  const type = pick(['boolean', 'none', 'string', 'number', 'json'] as const, one)
  if (type === 'none') return further(['on', 'off'])
  const kind = other >> 10
  if (type === 'boolean') {
    return { serve: toServe(['on', 'off'], kind, other), ...further(['on', 'off']) }
  }
  const variants = Array.from({ length: 2 + (other % 3) }, (_, index) => ({
    name: pick(NAMES, index + (other >> 2)),
    value: pick<unknown>(VALUES[type], index + (other >> 5)),
  }))
  const names = variants.map(({ name }) => name)
  return {
    type,
    variants,
    offVariant: pick(names, one >> 3),
    serve: toServe(names, kind, one),
    ...further(names),
  }
}

/** What the schema accepts. */
export const aServing: fc.Arbitrary<Serving> = fc
  .tuple(
    aSeed,
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc.array(fc.tuple(fc.array(aCondition, { maxLength: 2 }), aSeed), {
          maxLength: 3,
        }),
      },
    ),
    fc.nat({ max: 11 }),
  )
  .map(toServing)

/** Any flag that a snapshot may hold, of any type. */
export const aServedFlag: fc.Arbitrary<SnapshotFlag> = fc
  .tuple(aFlag, aServing)
  .map(([flag, serving]) => ({ ...flag, ...serving }))
