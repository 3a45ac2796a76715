import type * as z from 'zod'
import { pickServing } from './serving-members.ts'
import { reportServingProblems } from './serving-problems.ts'
import { ServingMembers, type Serving } from './serving-shape.ts'

/** Checks what the members say about each other. */
export const checkServing = (serving: Serving, context: z.core.$RefinementCtx<Serving>): void => {
  if (pickServing(serving) === null) return
  reportServingProblems(serving, (path, message) =>
    context.addIssue({ code: 'custom', path: [...path], message, input: serving }),
  )
}

/** The members of a flag in the column `serving`. Unknown ones come from a newer Worker, and make it unreadable. */
export const StoredServing = ServingMembers.superRefine(checkServing)
