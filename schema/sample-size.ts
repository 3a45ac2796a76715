import * as z from 'zod'
import { Plan } from './experiment.ts'

export const SampleSizeRequest = z
  .strictObject({ plan: Plan, variantCount: z.int().min(2).max(20) })
  .meta({ id: 'SampleSizeRequest' })

export const SampleSize = z
  .object({
    perVariant: z.int().describe('Exposed users of each variant, at any number of looks.'),
    fixedPerVariant: z.int().describe('For a test with one look, at its end.'),
  })
  .meta({ id: 'SampleSize' })
export type SampleSize = z.infer<typeof SampleSize>
