import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { explainLocally } from '../../../admin-ui/state/explain-locally.ts'
import { compileFlag, explain, readSubject } from '../../../worker/evaluate/index.ts'
import { aFlag, anyText } from '../../support/arbitraries.ts'

const aText = fc.oneof(fc.constantFrom('u-1', 'u-2', 'Mumbai', 'ADMIN', 'music'), anyText)

test('explainLocally: explains a flag exactly as the edge does, with SHA-256 from the browser', async () => {
  const aContext = fc.record(
    { userId: aText, role: aText, city: aText, categories: fc.array(aText, { maxLength: 3 }) },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(aFlag, aContext, async (flag, context) => {
      expect(await explainLocally(flag, context)).toEqual(
        explain(compileFlag(flag), readSubject(context)),
      )
    }),
    { numRuns: 300 },
  )
})
