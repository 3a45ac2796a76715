import * as fc from 'fast-check'
import type { SnapshotFlag } from '../../schema/snapshot.ts'

const textOf = (codePoint: fc.Arbitrary<number>) =>
  fc.array(codePoint, { maxLength: 20 }).map((all) => String.fromCodePoint(...all))

/** Any text that JSON may carry: every plane of Unicode, and lone surrogates. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  textOf(fc.integer({ min: 0, max: 0x10ffff })),
  textOf(fc.integer({ min: 0xd700, max: 0xe0ff })),
)

/** Any JSON value, members named `__proto__` included. */
export const anyJson: fc.Arbitrary<unknown> = fc.jsonValue({ stringUnit: 'grapheme' })

/** Mostly one of a few names, so that flags and contexts meet. */
const aNameOf = (...common: string[]) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...common) },
    { weight: 1, arbitrary: anyText.filter((text) => text !== '') },
  )

const aUser = aNameOf('u-1', 'u-2', 'u-3', 'u-4', ' ', '__proto__', '😀')
const aRole = aNameOf('ADMIN', 'ORGANIZER', 'CUSTOMER', 'constructor')
const aCity = aNameOf('Mumbai', 'Delhi', 'Pune', '__proto__')
const aCategory = aNameOf('music', 'comedy', 'sports', 'toString')

const aFlagKey = fc.oneof(
  fc.constantFrom('feature.new_checkout', 'checkout.new_ui', 'booking.enabled', 'constructor'),
  fc.stringMatching(/^[a-z0-9]+([._-][a-z0-9]+)*$/).filter((key) => key.length <= 128),
)

export const aRollout = fc.oneof(fc.constantFrom(0, 1, 99, 100), fc.integer({ min: 0, max: 100 }))

const listOf = (name: fc.Arbitrary<string>) => fc.array(name, { maxLength: 3 })

const someRules = fc.record(
  {
    roles: listOf(aRole),
    cities: listOf(aCity),
    categories: listOf(aCategory),
    allowList: listOf(aUser),
    denyList: listOf(aUser),
  },
  { requiredKeys: [] },
)

/** Any flag that a snapshot may hold. */
export const aFlag: fc.Arbitrary<SnapshotFlag> = fc.record({
  key: aFlagKey,
  enabled: fc.oneof({ weight: 7, arbitrary: fc.constant(true) }, fc.constant(false)),
  rollout: aRollout,
  rules: fc.option(someRules, { freq: 3 }),
})

const attributeOf = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 8, arbitrary: value }, fc.constant(null), anyJson)

const oneOrSeveral = fc.oneof(aCategory, listOf(aCategory))

const knownAttributes = {
  targetingKey: attributeOf(aUser),
  userId: attributeOf(aUser),
  role: attributeOf(aRole),
  city: attributeOf(aCity),
  category: attributeOf(oneOrSeveral),
  categories: attributeOf(listOf(aCategory)),
}

/** Attributes of any name that evaluation does not know. */
export const unknownAttributes = fc.dictionary(
  fc
    .oneof(fc.string(), fc.constantFrom('roles', 'cities', 'plan', '__proto__', 'constructor'))
    .filter((name) => !Object.hasOwn(knownAttributes, name)),
  anyJson,
)

/** A context as clients send it: some attributes missing, some null, some of the wrong type. */
export const aContext: fc.Arbitrary<Record<string, unknown>> = fc.record(knownAttributes, {
  requiredKeys: [],
})

/** What anybody may send in place of a context. */
export const anyContext: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: aContext },
  { weight: 1, arbitrary: anyJson },
)

export const aBucket = fc.oneof(
  fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
)

/** The weights of 2 to 20 variants; zeros are frequent, all zero is possible. */
export const someWeights = fc.array(
  fc.oneof(fc.constantFrom(0, 1, 10_000), fc.integer({ min: 0, max: 10_000 })),
  { minLength: 2, maxLength: 20 },
)
