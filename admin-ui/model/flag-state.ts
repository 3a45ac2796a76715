import type { Flag, Rules } from '../../schema/flag.ts'

export const LISTS = ['roles', 'cities', 'categories', 'allowList', 'denyList'] as const
export type ListName = (typeof LISTS)[number]

type Settings = Pick<Flag, 'enabled' | 'rollout' | 'rules'>

const NOUNS: Readonly<Record<ListName, readonly [string, string]>> = {
  roles: ['role', 'roles'],
  cities: ['city', 'cities'],
  categories: ['category', 'categories'],
  allowList: ['allowed', 'allowed'],
  denyList: ['denied', 'denied'],
}

const countNames = (rules: Rules | null, list: ListName): number => rules?.[list]?.length ?? 0

const describeCount = (conditions: number) =>
  conditions === 0 ? [] : [`${conditions} ${conditions === 1 ? 'condition' : 'conditions'}`]

/** Describes the targeting: "2 roles, 1 city". Empty when everyone is targeted. */
export const describeTargeting = (rules: Rules | null): string =>
  [
    ...LISTS.flatMap((list) => {
      const size = countNames(rules, list)
      return size === 0 ? [] : `${size} ${NOUNS[list][size === 1 ? 0 : 1]}`
    }),
    ...describeCount(rules?.where?.length ?? 0),
  ].join(', ')

/** Returns `off` when no user gets the flag, `on` when everyone does, else `partly`. */
export const getFlagState = ({ enabled, rollout, rules }: Settings): 'on' | 'partly' | 'off' => {
  const reachesNobody = rollout === 0 && countNames(rules, 'allowList') === 0
  if (!enabled || reachesNobody) return 'off'
  return rollout === 100 && describeTargeting(rules) === '' ? 'on' : 'partly'
}
