import type { Flag, Rules } from '../../schema/flag.ts'

export const LISTS = ['roles', 'cities', 'categories', 'allowList', 'denyList'] as const
export type ListName = (typeof LISTS)[number]

type Settings = Pick<Flag, 'enabled' | 'rollout' | 'rules' | 'targets'>

const NOUNS: Readonly<Record<ListName, readonly [string, string]>> = {
  roles: ['role', 'roles'],
  cities: ['city', 'cities'],
  categories: ['category', 'categories'],
  allowList: ['allowed', 'allowed'],
  denyList: ['denied', 'denied'],
}

const countNames = (rules: Rules | null, list: ListName): number => rules?.[list]?.length ?? 0

const describeCount = (count: number, noun: string) =>
  count === 0 ? [] : [`${count} ${noun}${count === 1 ? '' : 's'}`]

/** Describes the targeting: "1 target, 2 roles, 1 city". Empty when everyone is targeted. */
export const describeTargeting = ({ rules, targets }: Pick<Flag, 'rules' | 'targets'>): string =>
  [
    ...describeCount(targets?.length ?? 0, 'target'),
    ...LISTS.flatMap((list) => {
      const size = countNames(rules, list)
      return size === 0 ? [] : `${size} ${NOUNS[list][size === 1 ? 0 : 1]}`
    }),
    ...describeCount(rules?.where?.length ?? 0, 'condition'),
  ].join(', ')

/** Returns `off` when no user gets the flag, `on` when everyone does, else `partly`. */
export const getFlagState = (flag: Settings): 'on' | 'partly' | 'off' => {
  const { enabled, rollout, rules, targets = [] } = flag
  const reachesNobody =
    rollout === 0 && countNames(rules, 'allowList') === 0 && targets.length === 0
  if (!enabled || reachesNobody) return 'off'
  return rollout === 100 && describeTargeting(flag) === '' ? 'on' : 'partly'
}
