import * as fc from 'fast-check'
import type { AttributeCondition, Condition } from '../../schema/condition.ts'
import type { SnapshotSegment } from '../../schema/segment.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'

const readText = (codePoint: fc.Arbitrary<number>) =>
  fc.array(codePoint, { maxLength: 20 }).map((all) => String.fromCodePoint(...all))

/** Any text that JSON may carry: every plane of Unicode, and lone surrogates. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  readText(fc.integer({ min: 0, max: 0x10ffff })),
  readText(fc.integer({ min: 0xd700, max: 0xe0ff })),
)

/** Any JSON value, members named `__proto__` included. */
export const anyJson: fc.Arbitrary<unknown> = fc.jsonValue({ stringUnit: 'grapheme' })

/** Mostly one of a few names, so that flags and contexts meet. */
const aNameFrom = (...common: string[]) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...common) },
    { weight: 1, arbitrary: anyText.filter((text) => text !== '') },
  )

const aUser = aNameFrom('u-1', 'u-2', 'u-3', 'u-4', ' ', '__proto__', '😀')
/** The API refuses a blank id in a segment, because it counts as missing in a context. */
const aSignedInUser = aUser.filter((id) => id.trim() !== '')
const aRole = aNameFrom('ADMIN', 'ORGANIZER', 'CUSTOMER', 'constructor')
const aCity = aNameFrom('Mumbai', 'Delhi', 'Pune', '__proto__')
const aCategory = aNameFrom('music', 'comedy', 'sports', 'toString')

const aFlagKey = fc.oneof(
  fc.constantFrom('feature.new_checkout', 'checkout.new_ui', 'booking.enabled', 'constructor'),
  fc.stringMatching(/^[a-z0-9]+([._-][a-z0-9]+)*$/).filter((key) => key.length <= 128),
)

export const aRollout = fc.oneof(
  fc.constantFrom(0, 0.001, 1, 99, 99.999, 100),
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1_000),
)

const aListFrom = (name: fc.Arbitrary<string>) => fc.array(name, { maxLength: 3 })

const anAttributeName = fc.oneof(
  fc.constantFrom('plan', 'appVersion', 'seats', 'since', 'tags', 'beta', 'anonymous'),
  fc.constantFrom('userId', 'targetingKey', 'role', 'city', 'category', 'categories'),
  fc.constantFrom('__proto__', 'constructor'),
)

const aWord = aNameFrom(
  'pro',
  'Pro',
  'free',
  'Mumbai',
  'music',
  'u-1',
  'İ',
  'i̇',
  'ß',
  'ẞ',
  '\ud83d',
)
const aNumber = fc.oneof(
  fc.constantFrom(-1, 0, -0, 1, 2, 2 ** 53 + 1),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const aVersion = fc.constantFrom(
  '1.0.0',
  '1.0.0-rc.1',
  '1.0.0-rc.2+b',
  '1.10.0',
  `${'9'.repeat(250)}.0.0`,
)
const noVersion = fc.constantFrom('v1.0.0', '1.0', '01.0.0', '1.0.0-01')
const aTime = fc.constantFrom<string | number>(
  '2026-01-01T00:00:00Z',
  '2026-01-01T05:30:00.000+05:30',
  '2025-12-31T23:59Z',
  0,
  1_767_225_600_000,
)
const noTime = fc.constantFrom('2026-01-01', '2026-01-01T00:00:00', '2026-02-30T00:00:00Z')
const aScalar = fc.oneof(aWord, aNumber, fc.boolean(), aVersion, noVersion, aTime, noTime)

/** Conditions of every operator, with these limits. */
const conditionWith = (
  number: fc.Arbitrary<number>,
  version: fc.Arbitrary<string>,
  time: fc.Arbitrary<string | number>,
) =>
  fc
    .record(
      {
        attribute: anAttributeName,
        negate: fc.boolean(),
        whenMissing: fc.boolean(),
        comparison: fc.oneof(
          fc.record({
            operator: fc.constant('in'),
            values: fc.array(aScalar, { minLength: 1, maxLength: 4 }),
          }),
          fc.record({
            operator: fc.constantFrom('contains', 'startsWith', 'endsWith'),
            values: fc.array(aWord, { minLength: 1, maxLength: 3 }),
            ignoreCase: fc.boolean(),
          }),
          fc.record({
            operator: fc.constantFrom('lt', 'lte', 'gt', 'gte'),
            values: fc.tuple(number),
          }),
          fc.record({ operator: fc.constantFrom('before', 'after'), values: fc.tuple(time) }),
          fc.record({
            operator: fc.constantFrom('semverLt', 'semverLte', 'semverGt', 'semverGte', 'semverEq'),
            values: fc.tuple(version),
          }),
          fc.constant({ operator: 'exists' }),
        ),
      },
      { requiredKeys: ['attribute', 'comparison'] },
    )
    .map(({ comparison, whenMissing, ...common }) => {
      const missing = comparison.operator === 'exists' ? {} : { whenMissing }
      return { ...common, ...missing, ...comparison }
    })

const aSegmentKey = fc.constantFrom('beta', 'staff', 'vip', 'no.such.segment')

const aSegmentCondition: fc.Arbitrary<Condition> = fc.record(
  {
    operator: fc.constant('inSegment' as const),
    values: fc.array(aSegmentKey, { minLength: 1, maxLength: 3 }),
    negate: fc.boolean(),
    whenMissing: fc.boolean(),
  },
  { requiredKeys: ['operator', 'values'] },
)

const anAttributeCondition: fc.Arbitrary<AttributeCondition> = conditionWith(
  aNumber,
  aVersion,
  aTime,
)

/** Conditions that the schema accepts. */
export const aCondition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 3, arbitrary: anAttributeCondition },
  { weight: 1, arbitrary: aSegmentCondition },
)

/** Conditions that the schema may refuse: a program may compile them. */
const anyAttributeCondition: fc.Arbitrary<AttributeCondition> = conditionWith(
  fc.oneof(aNumber, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)),
  fc.oneof(aVersion, noVersion),
  fc.oneof(aTime, noTime, fc.constant(Number.NaN)),
)
export const anyCondition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 2, arbitrary: anyAttributeCondition },
  { weight: 1, arbitrary: aSegmentCondition },
)

const segmentWith = (condition: fc.Arbitrary<AttributeCondition>): fc.Arbitrary<SnapshotSegment> =>
  fc.record({
    key: fc.constantFrom('beta', 'staff', 'vip'),
    include: aListFrom(aSignedInUser),
    exclude: aListFrom(aSignedInUser),
    conditions: fc.array(condition, { maxLength: 2 }),
  })

/** Segments that the schema accepts, and those that a program may compile: some of those that conditions name. */
const distinct = { selector: ({ key }: SnapshotSegment) => key, maxLength: 3 }
export const someSegments = fc.uniqueArray(segmentWith(anAttributeCondition), distinct)
export const anySegments = fc.uniqueArray(segmentWith(anyAttributeCondition), distinct)

const someRules = fc.record(
  {
    roles: aListFrom(aRole),
    cities: aListFrom(aCity),
    categories: aListFrom(aCategory),
    allowList: aListFrom(aUser),
    denyList: aListFrom(aUser),
    where: fc.oneof(
      { weight: 4, arbitrary: fc.constant<Condition[]>([]) },
      { weight: 1, arbitrary: fc.array(aCondition, { maxLength: 3 }) },
    ),
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

const anAttributeFrom = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 8, arbitrary: value }, fc.constant(null), anyJson)

const oneOrSeveral = fc.oneof(aCategory, aListFrom(aCategory))

const anOddValue = fc.oneof(
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, null, undefined, {}, []),
  fc.array(fc.oneof(aScalar, fc.constant([1]), fc.constant(null)), { maxLength: 5 }),
)

/** Attributes that only conditions use. */
const furtherAttributes = fc.dictionary(anAttributeName, fc.oneof(aScalar, anOddValue))

const knownAttributes = {
  targetingKey: anAttributeFrom(aUser),
  userId: anAttributeFrom(aUser),
  role: anAttributeFrom(aRole),
  city: anAttributeFrom(aCity),
  category: anAttributeFrom(oneOrSeveral),
  categories: anAttributeFrom(aListFrom(aCategory)),
}

/** Attributes of any name that evaluation does not know. */
export const unknownAttributes = fc.dictionary(
  fc
    .oneof(fc.string(), fc.constantFrom('roles', 'cities', 'plan', '__proto__', 'constructor'))
    .filter((name) => !Object.hasOwn(knownAttributes, name)),
  anyJson,
)

/** A context as clients send it: some attributes missing, some null, some of the wrong type. */
export const aContext: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(furtherAttributes, fc.record(knownAttributes, { requiredKeys: [] }))
  .map(([further, known]) => ({ ...further, ...known }))

/** Any JSON value in place of a context. */
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
