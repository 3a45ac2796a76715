import type { Unstable_Config } from 'wrangler'
import { JURISDICTIONS, LOCATIONS } from '../objects/place.ts'
import type { Upload } from './dry-run.ts'

/** What `wrangler.toml` says about one environment, as Wrangler reads it. */
export type Configuration = Pick<
  Unstable_Config,
  | 'name'
  | 'workers_dev'
  | 'preview_urls'
  | 'routes'
  | 'triggers'
  | 'd1_databases'
  | 'kv_namespaces'
  | 'vars'
  | 'ratelimits'
>

/** A section of the plan: a heading, and lines. */
type Section = readonly [heading: string, lines: readonly string[]]

/** Wrangler names a new resource after the Worker and the binding. */
const toResourceName = (worker: string, binding: string) =>
  `${worker}-${binding.toLowerCase().replaceAll('_', '-')}`

export const getDatabaseName = ({ name = '', d1_databases: [d1] }: Configuration): string =>
  d1?.database_name ?? toResourceName(name, d1?.binding ?? 'DB')

const readText = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The place that the settings name: a jurisdiction, else a location. */
export const findPlace = ({ vars }: Configuration): string | undefined =>
  readText(vars['JURISDICTION']) || readText(vars['LOCATION']) || undefined

const describeDatabase = (config: Configuration): string => {
  const place = findPlace(config)
  const [d1] = config.d1_databases
  if (d1?.database_id !== undefined) return `D1 ${d1.database_id}, which must exist (database_id)`
  const where = place ?? 'a place that you must name: --location or --jurisdiction'
  return `D1 ${getDatabaseName(config)}: that of an earlier deployment, else a new one in ${where}`
}

const describeNamespace = ({ name = '', kv_namespaces: [kv] }: Configuration): string =>
  kv?.id === undefined
    ? `KV ${toResourceName(name, kv?.binding ?? 'SNAPSHOTS')}: that of an earlier deployment, else a new one`
    : `KV ${kv.id}, which must exist (id)`

const describeRoute = (route: NonNullable<Configuration['routes']>[number]): string => {
  if (typeof route === 'string') return `route ${route}`
  return 'custom_domain' in route && route.custom_domain
    ? `domain ${route.pattern}`
    : `route ${route.pattern}`
}

const toSwitch = (isOn: boolean | undefined) => (isOn === true ? 'on' : 'off')

const listSettings = ({ vars }: Configuration): string[] => {
  const names = Object.keys(vars)
  return [
    names.length === 0 ? 'no variable in wrangler.toml' : `set: ${names.join(', ')}`,
    'kept: secrets, and variables that the dashboard has and wrangler.toml has not',
  ]
}

/** What a deployment makes, attaches and switches on. */
export const describePlan = (config: Configuration, upload: Upload): readonly Section[] => [
  [
    'Makes or attaches',
    [
      `Worker ${config.name ?? ''}`,
      describeDatabase(config),
      describeNamespace(config),
      ...Object.keys(upload.exports).map((name) => `objects of class ${name}`),
      ...upload.bindings
        .filter(({ type }) => type === 'ratelimit')
        .map(({ name, namespace_id }) => `rate limit ${name} (${String(namespace_id)})`),
    ],
  ],
  [
    'Switches',
    [
      `workers.dev ${toSwitch(config.workers_dev)}`,
      `preview URLs ${toSwitch(config.preview_urls)}`,
      ...(config.routes ?? []).map(describeRoute),
      ...(config.triggers.crons ?? []).map((cron) => `cron ${cron}`),
      `logs ${toSwitch(upload.observability?.enabled)}`,
      `objects get new code ${upload.code_update_strategy?.mode ?? 'immediate'}`,
    ],
  ],
  ['Settings', listSettings(config)],
  ['Migrations', ['D1 first, then the Worker, then D1 again; a failure stops the rest']],
]

/**
 * The reasons to refuse a deployment.
 *
 * @param others the other environments of wrangler.toml
 */
export const findProblems = (config: Configuration, others: readonly Configuration[]): string[] => {
  const { vars, workers_dev, ratelimits } = config
  const problems: string[] = []
  const location = readText(vars['LOCATION'])
  const jurisdiction = readText(vars['JURISDICTION'])
  if (location !== '' && !LOCATIONS.some((known) => known === location))
    problems.push(`LOCATION "${location}" is none of ${LOCATIONS.join(', ')}.`)
  if (jurisdiction !== '' && !JURISDICTIONS.some((known) => known === jurisdiction))
    problems.push(`JURISDICTION "${jurisdiction}" is none of ${JURISDICTIONS.join(', ')}.`)
  if (readText(vars['ACCESS_AUD']) !== '' && workers_dev === true)
    problems.push(
      'Access guards your host, and workers.dev is open beside it: set workers_dev = false.',
    )
  for (const other of others) {
    const ids = new Set(other.ratelimits.map(({ namespace_id }) => namespace_id))
    if (ratelimits.some(({ namespace_id }) => ids.has(namespace_id)))
      problems.push(`A namespace_id is that of ${String(other.name)}: they would share its counts.`)
    const [own, theirs] = [config, other].map(({ d1_databases: [d1] }) => d1?.database_id)
    if (own !== undefined && own === theirs)
      problems.push(`The database_id is that of ${String(other.name)}: give this one its own D1.`)
  }
  return problems
}
