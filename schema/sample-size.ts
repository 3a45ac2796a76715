import * as z from 'zod'
import { Plan } from './experiment.ts'

export const SampleSizeRequest = z
  .strictObject({ plan: Plan, variantCount: z.int().min(2).max(20) })
  .meta({ id: 'SampleSizeRequest' })

export const SampleSize = z
  .object({
    perVariant: z.int().describe('Exposed users of each variant, however often one looks.'),
    fixedPerVariant: z.int().describe('For a test that may be looked at only once.'),
  })
  .meta({ id: 'SampleSize' })
export type SampleSize = z.infer<typeof SampleSize>
