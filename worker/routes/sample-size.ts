import { Hono } from 'hono'
import { SampleSize, SampleSizeRequest } from '../../schema/sample-size.ts'
import { computeSampleSize } from '../analyze/index.ts'
import type { AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { Problem } from '../http/problem.ts'

export const sampleSizeRoutes = new Hono<AdminEnv>().post(
  '/',
  operation('sampleSize', {
    tag: 'Administration',
    summary: 'Computes the users that a plan needs, with the code that later gives the verdict',
    answers: { 200: SampleSize },
    errors: [400, 401, 403, 413, 415, 503],
  }),
  valid('json', SampleSizeRequest),
  (c) => {
    const { plan, variantCount } = c.req.valid('json')
    const size = computeSampleSize({
      ...plan,
      minimumRelativeLift: plan.minimumDetectableEffect,
      variantCount,
    })
    if (size.reason !== null) throw new Problem('INVALID_REQUEST', 'no number of users is enough')
    const { alwaysValidPerVariant: perVariant, fixedPerVariant } = size
    return c.json({ perVariant, fixedPerVariant }, 200)
  },
)
