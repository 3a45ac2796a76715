import type { LeftOut, Testers } from './people.ts'

type People = {
  readonly variants: readonly { readonly name: string }[]
  readonly testers?: Testers | undefined
  readonly leftOut?: LeftOut | undefined
}

/** Finds a tester who cannot be one, as an issue; undefined if there is none. */
export const findPeopleIssue = ({ variants, testers = [], leftOut }: People) => {
  const names = new Set(variants.map(({ name }) => name))
  const left = new Set(leftOut?.userIds)
  for (const [index, { userId, variant }] of testers.entries()) {
    if (!names.has(variant))
      return {
        path: ['testers', index, 'variant'],
        message: `a tester has the variant ${variant}, which the experiment does not have`,
      }
    if (left.has(userId))
      return {
        path: ['testers', index, 'userId'],
        message: 'this tester is also left out: keep one of the two',
      }
  }
  return undefined
}
