import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'

/* Edits of testers and of left-out users, for histories of a property test. */

/** An edit of the lists of an experiment, after some batches have arrived. */
export type Lists = {
  readonly after: number
  readonly experimentKey: string
  readonly testers: readonly string[]
  readonly leftOut: readonly string[]
}

export const someLists = (
  users: string[],
  experimentKeys: readonly string[],
): fc.Arbitrary<readonly Lists[]> =>
  fc
    .array(
      fc.record({
        after: fc.nat({ max: 6 }),
        experimentKey: fc.constantFrom(...experimentKeys),
        testers: fc.subarray(users),
        leftOut: fc.subarray(users),
      }),
      { maxLength: 4 },
    )
    .map((all) => all.toSorted((a, b) => a.after - b.after))

/** A tester stays out for good; a user of the list, for as long as the list has the user. */
export const isLeftOut = (lists: readonly Lists[], experimentKey: string, userId: string) => {
  const own = lists.filter((each) => experimentKey.endsWith(each.experimentKey))
  const createMembershipRule = (ids: readonly string[]) => ids.some((id) => userId.endsWith(id))
  return (
    own.some(({ testers }) => createMembershipRule(testers)) ||
    createMembershipRule(own.at(-1)?.leftOut ?? [])
  )
}

/** Puts the lists into the experiments of a trial. */
export const editLists = async (lists: readonly Lists[], number: number) => {
  for (const { experimentKey, testers, leftOut } of lists)
    await env.DB.prepare('UPDATE experiment SET testers = ?, left_out = ? WHERE key = ?')
      .bind(
        JSON.stringify(testers.map((id) => ({ userId: `${number}-${id}`, variant: 'A' }))),
        JSON.stringify({ userIds: leftOut.map((id) => `${number}-${id}`) }),
        `${number}-${experimentKey}`,
      )
      .run()
}
