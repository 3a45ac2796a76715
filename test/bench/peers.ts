import { FlagdCore } from '@openfeature/flagd-core'
import { GrowthBookClient, type FeatureDefinition } from '@growthbook/growthbook'
import { InMemStorageProvider, Unleash, UnleashEvents } from 'unleash-client'
import { once } from 'node:events'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import type { BenchContext } from './workload.ts'

/*
 * The same rules for three other in-process evaluators. Each is warm, has parsed its rules, makes no request, and is
 * called by its fastest documented function.
 */

/** Evaluates each flag. Calls `onEach` with the values in order. */
export type Peer = {
  readonly name: string
  readonly evaluateAll: (
    context: BenchContext,
    onEach: (isOn: boolean, flag: number) => void,
  ) => void
  readonly close: () => void
}

const toLists = ({ rules }: SnapshotFlag) => ({
  roles: rules?.roles ?? [],
  cities: rules?.cities ?? [],
  categories: rules?.categories ?? [],
  allowList: rules?.allowList ?? [],
  denyList: rules?.denyList ?? [],
})

const createMembershipRule = (attribute: string, list: readonly string[]) => ({
  in: [{ var: attribute }, list],
})

const flagdDefinition = (flag: SnapshotFlag) => {
  const { roles, cities, categories, allowList, denyList } = toLists(flag)
  const targeted = [
    createMembershipRule('role', roles),
    createMembershipRule('city', cities),
    createMembershipRule('category', categories),
  ]
  const share = {
    fractional: [
      ['on', flag.rollout],
      ['off', 100 - flag.rollout],
    ],
  }
  return {
    state: flag.enabled ? 'ENABLED' : 'DISABLED',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    targeting: {
      if: [
        createMembershipRule('targetingKey', denyList),
        'off',
        createMembershipRule('targetingKey', allowList),
        'on',
        { and: targeted },
        share,
        'off',
      ],
    },
  }
}

const flagd = (flags: readonly SnapshotFlag[]): Peer => {
  const core = new FlagdCore()
  const document = {
    flags: Object.fromEntries(flags.map((flag) => [flag.key, flagdDefinition(flag)])),
  }
  core.setConfigurations(JSON.stringify(document))
  return {
    name: 'flagd-core',
    evaluateAll: (context, onEach) => {
      const asked = { targetingKey: context.userId, ...context }
      for (let flag = 0; flag < flags.length; flag++)
        onEach(core.resolveBooleanEvaluation(flags[flag]?.key ?? '', false, asked).value, flag)
    },
    close: () => undefined,
  }
}

const growthbookDefinition = (flag: SnapshotFlag): FeatureDefinition => {
  const { roles, cities, categories, allowList, denyList } = toLists(flag)
  const condition = { role: { $in: roles }, city: { $in: cities }, category: { $in: categories } }
  const rules = [
    { condition: { id: { $in: denyList } }, force: false },
    { condition: { id: { $in: allowList } }, force: true },
    { condition, force: true, coverage: flag.rollout / 100, hashAttribute: 'id' },
  ]
  return { defaultValue: false, rules: flag.enabled ? rules : [] }
}

const growthbook = (flags: readonly SnapshotFlag[]): Peer => {
  const client = new GrowthBookClient().initSync({
    payload: {
      features: Object.fromEntries(flags.map((flag) => [flag.key, growthbookDefinition(flag)])),
    },
  })
  return {
    name: 'GrowthBook',
    evaluateAll: ({ userId: id, role, city, category }, onEach) => {
      const user = client.createScopedInstance({ attributes: { id, role, city, category } })
      for (let flag = 0; flag < flags.length; flag++)
        onEach(user.isOn(flags[flag]?.key ?? ''), flag)
    },
    close: () => client.destroy(),
  }
}

const constraint = (contextName: string, operator: 'IN' | 'NOT_IN', values: string[]) => ({
  contextName,
  operator,
  values,
  inverted: false,
  caseInsensitive: false,
})

const unleashFeature = (flag: SnapshotFlag) => {
  const { roles, cities, categories, allowList, denyList } = toLists(flag)
  const notDenied = constraint('userId', 'NOT_IN', denyList)
  const strategy = (rollout: number, ...constraints: ReturnType<typeof constraint>[]) => ({
    name: 'flexibleRollout',
    parameters: { rollout: String(rollout), stickiness: 'userId', groupId: flag.key },
    constraints,
  })
  const targeted = [
    constraint('role', 'IN', roles),
    constraint('city', 'IN', cities),
    constraint('category', 'IN', categories),
  ]
  return {
    name: flag.key,
    type: 'release',
    enabled: flag.enabled,
    stale: false,
    impressionData: false,
    strategies: [
      strategy(100, notDenied, constraint('userId', 'IN', allowList)),
      strategy(flag.rollout, notDenied, ...targeted),
    ],
  }
}

const unleash = async (flags: readonly SnapshotFlag[]): Promise<Peer> => {
  const client = new Unleash({
    appName: 'bench',
    url: 'http://localhost/never-asked',
    refreshInterval: 0,
    disableMetrics: true,
    skipInstanceCountWarning: true,
    storageProvider: new InMemStorageProvider(),
    bootstrap: { data: flags.map(unleashFeature) as never },
  })
  client.on(UnleashEvents.Error, () => undefined)
  client.on(UnleashEvents.Warn, () => undefined)
  await once(client, UnleashEvents.Ready)
  return {
    name: 'unleash-client',
    evaluateAll: ({ userId, role, city, category }, onEach) => {
      const context = { userId, properties: { role, city, category } }
      for (let flag = 0; flag < flags.length; flag++)
        onEach(client.isEnabled(flags[flag]?.key ?? '', context), flag)
    },
    close: () => client.destroy(),
  }
}

export const createPeers = async (flags: readonly SnapshotFlag[]): Promise<Peer[]> => [
  flagd(flags),
  await unleash(flags),
  growthbook(flags),
]
