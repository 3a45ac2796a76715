import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EvaluationContext } from '../../../schema/context.ts'
import type { SnapshotExperiment } from '../../../schema/experiment.ts'
import type { SnapshotFlag } from '../../../schema/snapshot.ts'
import {
  bucketVariant,
  evaluate,
  evaluateAll,
  findListedVariant,
  isDecidedByBucket,
  isOn,
  isShown,
  readSubject,
} from '../../../worker/evaluate/index.ts'
import { checkAttributes } from '../../../worker/middleware/check-attributes.ts'
import { createSnapshotDocument } from '../../../worker/snapshot/document.ts'
import { parseSnapshot, type CompiledSnapshot } from '../../../worker/snapshot/parse.ts'
import { aFlag, anyContext } from '../../support/arbitraries.ts'
import {
  answerJson,
  createTestClient,
  stubEventSource,
  useFakeService,
} from '../../support/flags-service.ts'
import { snapshotText } from '../../support/snapshots.ts'

/* Local evaluation and the edge give the same answers: generated snapshots and contexts, version by version. */

const service = useFakeService()
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

const NOW = 1_700_000_000_000
const anInstant = fc.option(fc.integer({ min: NOW - 10, max: NOW + 10 }))

const anExperiment: fc.Arbitrary<SnapshotExperiment> = fc.record({
  key: fc.constantFrom('checkout', 'pricing', 'banner'),
  status: fc.constantFrom('RUNNING', 'RUNNING', 'PAUSED', 'STOPPED'),
  variants: fc
    .uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { minLength: 2 })
    .chain((names) =>
      fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), weight: fc.nat(100) }))),
    ),
  startAt: anInstant,
  stopAt: anInstant,
  isBucketed: fc.boolean(),
  hasInherited: fc.boolean(),
  testers: fc.uniqueArray(
    fc.tuple(fc.constantFrom('u-1', 'u-2', '😀'), fc.constantFrom('A', 'B')),
    {
      selector: ([id]) => id,
    },
  ),
  leftOut: fc.subarray(['u-1', 'u-3', 'u-4']),
})

const aBrokenFlag = fc.record({
  key: fc.constantFrom('broken.a', 'broken.b'),
  rollout: fc.constant('x'),
})

/** The flags and experiments of a few versions in a row. */
const someVersions = fc.array(
  fc.record({
    flags: fc.array(
      fc.oneof<fc.Arbitrary<SnapshotFlag | object>[]>(aFlag, aFlag, aFlag, aBrokenFlag),
      {
        maxLength: 12,
      },
    ),
    experiments: fc.uniqueArray(anExperiment, { selector: ({ key }) => key }),
  }),
  { minLength: 1, maxLength: 4 },
)

const isRefused = (snapshot: CompiledSnapshot, context: EvaluationContext) => {
  try {
    checkAttributes(snapshot.all, context)
    return false
  } catch {
    return true
  }
}

/** What the edge answers: defaults where it refuses the context. */
const evaluateAtEdge = (snapshot: CompiledSnapshot, sent: unknown) => {
  const { data: context } = EvaluationContext.safeParse(sent)
  if (!context || isRefused(snapshot, context)) return { flags: {}, one: {}, variants: {} }
  const subject = readSubject(context)
  const answers = evaluateAll(snapshot.all, context)
  const keys = snapshot.all.keys
  const shown = [...snapshot.experiments.values()].filter((each) => isShown(each, subject, NOW))
  return {
    flags: Object.fromEntries(keys.map((key, position) => [key, isOn(answers, position)])),
    one: Object.fromEntries(
      [...snapshot.flags].map(([key, flag]) => [key, evaluate(flag, subject).value]),
    ),
    variants: Object.fromEntries(
      shown.flatMap((each) => {
        const listed = findListedVariant(each, subject, NOW)
        if (!listed && !isDecidedByBucket(each, subject)) return []
        const variant = listed ? listed.variant : bucketVariant(each, subject)
        return variant === null ? [] : [[each.key, variant]]
      }),
    ),
  }
}

it('Local evaluation: equals the edge for any snapshots and contexts, version by version', async () => {
  await fc.assert(
    fc.asyncProperty(
      someVersions,
      fc.array(anyContext, { minLength: 1, maxLength: 8 }),
      async (versions, contexts) => {
        const stream = stubEventSource()
        const flags = createTestClient(service, {
          evaluation: 'local',
          stream: stream.EventSource,
          maxContexts: 4,
        })
        for (const [index, content] of versions.entries()) {
          const version = index + 1
          const edge = parseSnapshot(snapshotText(version, content))
          service.answers.snapshot = () =>
            answerJson(createSnapshotDocument(edge, '/v1/stream').document)
          stream.open()[0]?.announce(version)
          expect(await flags.ready()).toBe(true)
          // An array or a number is no context for the edge, and an empty one for the SDK.
          for (const context of contexts.filter(
            (each) => Object(each) === each && !Array.isArray(each),
          )) {
            const expected = evaluateAtEdge(edge, context)
            const sent = context as Record<string, unknown>
            expect(await flags.getAllFlags(sent)).toEqual(expected.flags)
            for (const key of edge.all.keys) {
              expect(flags.peekFlag(sent, key)).toBe(expected.one[key] ?? false)
              expect(await flags.getFlag(sent, key)).toBe(expected.one[key] ?? false)
            }
            const bundle = flags.peek(sent)
            expect(bundle?.variants ?? {}).toEqual(expected.variants)
            expect(bundle?.version ?? version).toBe(version)
          }
        }
        await flags.close()
      },
    ),
    { numRuns: 200 },
  )
})
