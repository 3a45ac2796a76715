import type { Experiment, ExperimentSettings } from '../../schema/experiment.ts'

/** The lists of an experiment as the form has them: testers by variant. */
export type PeopleDraft = {
  readonly testers: Readonly<Record<string, readonly string[]>>
  readonly leftOut: readonly string[]
}

export const toPeopleDraft = ({
  variants,
  testers = [],
  leftOut,
}: Pick<Experiment, 'variants' | 'testers' | 'leftOut'>): PeopleDraft => ({
  testers: Object.fromEntries(
    variants.map(({ name }) => [
      name,
      testers.filter(({ variant }) => variant === name).map(({ userId }) => userId),
    ]),
  ),
  leftOut: leftOut?.userIds ?? [],
})

/** The settings that a form sends. */
export const toPeople = ({
  testers,
  leftOut,
}: PeopleDraft): Required<Pick<ExperimentSettings, 'testers' | 'leftOut'>> => ({
  testers: Object.entries(testers).flatMap(([variant, ids]) =>
    ids.map((userId) => ({ userId, variant })),
  ),
  leftOut: { userIds: [...leftOut] },
})

/** Finds a user who is in two lists; undefined if there is none. */
export const findRepeatedUser = ({ testers, leftOut }: PeopleDraft): string | undefined => {
  const ids = [...Object.values(testers).flat(), ...leftOut]
  return ids.find((id, index) => ids.indexOf(id) !== index)
}
