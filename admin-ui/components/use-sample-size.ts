import type { Plan } from '../../schema/experiment.ts'
import { readAnswer, api } from '../api.ts'
import { useAnswer } from './use-answer.ts'

/** Asks the server for the sample size of a plan. */
export const useSampleSize = (plan: Plan, variantCount: number) =>
  useAnswer(JSON.stringify([plan, variantCount]), () =>
    readAnswer(api['sample-size'].$post({ json: { plan, variantCount } })),
  )
