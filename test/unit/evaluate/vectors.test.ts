import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { EvaluationErrorCode, Reason, StepName } from '../../../schema/evaluation.ts'
import { SnapshotSegment } from '../../../schema/segment.ts'
import { SnapshotFlag } from '../../../schema/snapshot.ts'
import {
  compileFlags,
  compileFlag,
  compileSegment,
  evaluate,
  evaluateAll,
  evaluationOf,
  readSubject,
} from '../../../worker/evaluate/index.ts'

const Expected = z.strictObject({
  value: z.unknown(),
  variant: z.string().optional().describe('Absent: on or off.'),
  reason: Reason,
  step: StepName,
  target: z.string().optional(),
  errorCode: EvaluationErrorCode.optional(),
})

// z.unknown, not z.json: that one leaves out a member named __proto__
const Case = z.strictObject({
  name: z.string().min(1),
  flag: z.string(),
  context: z.unknown(),
  expected: Expected,
})

const VectorFile = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  segments: z.array(SnapshotSegment).default([]),
  flags: z.array(SnapshotFlag.strict()),
  cases: z.array(Case).min(1),
})

const folder = `${import.meta.dirname}/../../vectors`
const files = readdirSync(folder).filter((file) => /^\d\d-.*\.json$/.test(file))

for (const file of files.toSorted()) {
  const vectors = VectorFile.parse(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')))
  const segments = new Map(vectors.segments.map((each) => [each.key, compileSegment(each)]))
  const flags = new Map(vectors.flags.map((flag) => [flag.key, compileFlag(flag, segments)]))
  const compiled = compileFlags(flags.values())
  const cases = vectors.cases.map((vector) => [vector.name, vector] as const)
  describe(`${file}: ${vectors.name}`, () => {
    test.each(cases)('%s', (_name, { flag: key, context, expected }) => {
      const flag = flags.get(key) ?? { key, broken: true as const }
      const variant = expected.variant ?? (expected.value === true ? 'on' : 'off')
      expect(evaluate(flag, readSubject(context))).toEqual({ key, ...expected, variant })
      const together = evaluationOf(evaluateAll(compiled, context), compiled.keys.indexOf(key))
      expect(together).toEqual({ key, ...expected, variant })
    })
  })
}
