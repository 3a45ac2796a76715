import type { Plan } from '../../schema/experiment.ts'
import { readAnswer, api } from '../api.ts'
import { useAnswer } from './use-answer.ts'

/** The users that a plan takes, as the code says that later judges the results. */
export const useSampleSize = (plan: Plan, variantCount: number) =>
  useAnswer(JSON.stringify([plan, variantCount]), () =>
    readAnswer(api['sample-size'].$post({ json: { plan, variantCount } })),
  )
