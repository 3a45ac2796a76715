import { unstable_readConfig } from 'wrangler'
import { beforeAll, describe, expect, it } from 'vitest'
import { dryRun, type Upload } from '../../worker/deploy/dry-run.ts'

/*
 * wrangler.toml as Wrangler understands it: what a deployment uploads, for production and for staging.
 */

const config = new URL('../../wrangler.toml', import.meta.url).pathname
const environments = ['', 'staging'] as const
const named = [
  ['production', ''],
  ['staging', 'staging'],
] as const
const readConfig = (env: string) => unstable_readConfig({ config, env })

const uploads = new Map<string, Upload>()
beforeAll(async () => {
  for (const name of environments) uploads.set(name, await dryRun(name))
  // Two builds of the Worker took 163 s while eight test runs shared two cores.
}, 300_000)

const upload = (name: string): Upload => {
  const found = uploads.get(name)
  if (!found) throw new Error(`no upload of ${name}`)
  return found
}
const rateLimitIds = (name: string) =>
  upload(name).bindings.flatMap(({ type, namespace_id }) =>
    type === 'ratelimit' ? [String(namespace_id)] : [],
  )

/** The settings that are not in an upload. */
const readOtherSettings = (env: string) => {
  const { assets, triggers, observability, workers_dev, preview_urls, keep_vars } = readConfig(env)
  return { assets, triggers, observability, workers_dev, preview_urls, keep_vars }
}

const mayDiffer = ({ name }: { name: string }) => name.startsWith('ENVIRONMENT_')

/** An upload without the ids and names that must differ. */
const withoutIds = ({ bindings, ...rest }: Upload) => ({
  ...rest,
  bindings: bindings
    .filter((binding) => !mayDiffer(binding))
    .map((binding) => ({ ...binding, namespace_id: undefined })),
})

describe('wrangler.toml', () => {
  it('staging uploads the same as production, apart from the ids of its rate limits', () => {
    expect(withoutIds(upload('staging'))).toEqual(withoutIds(upload('')))
  })

  it('each environment has a name and a colour of its own in the console', () => {
    expect(environments.map((env) => readConfig(env).vars)).toEqual([
      { ENVIRONMENT_NAME: 'production', ENVIRONMENT_TONE: 'red' },
      { ENVIRONMENT_NAME: 'staging', ENVIRONMENT_TONE: 'amber' },
    ])
  })

  it('staging has the same settings as production outside of the upload', () => {
    expect(readOtherSettings('staging')).toEqual(readOtherSettings(''))
  })

  it('each environment has a name of its own, so D1, KV and objects are its own', () => {
    const names = environments.map((env) => readConfig(env).name)
    expect(names).toEqual(['indietix-flags', 'indietix-flags-staging'])
  })

  it.each(named)('%s names no database, so no other deployment can attach it', (_, env) => {
    const { d1_databases, kv_namespaces } = readConfig(env)
    expect(d1_databases).toMatchObject([{ binding: 'DB', migrations_dir: 'schema/migrations' }])
    expect(d1_databases[0]).not.toHaveProperty('database_name')
    expect(d1_databases[0]).not.toHaveProperty('database_id')
    expect(kv_namespaces).toEqual([{ binding: 'SNAPSHOTS' }])
    const inherited = upload(env).bindings.filter(({ type }) => type === 'inherit')
    expect(inherited.map(({ name }) => name)).toEqual(['SNAPSHOTS', 'DB'])
  })

  it('rate limits share their counts with no other environment and no example of the documentation', () => {
    const ids = environments.flatMap(rateLimitIds)
    expect(ids).toHaveLength(12)
    expect(new Set(ids).size).toBe(12)
    for (const id of ids) expect(Number(id)).toBeGreaterThan(1_000_000)
  })

  it.each(named)('%s states workers.dev, preview URLs and routes', (_, env) => {
    expect(readConfig(env)).toMatchObject({ workers_dev: true, preview_urls: false, routes: [] })
  })

  it.each(named)('%s keeps variables and secrets that are set elsewhere', (_, env) => {
    const { keep_bindings, bindings } = upload(env)
    expect(keep_bindings).toEqual(['plain_text', 'json', 'secret_text', 'secret_key'])
    const variables = bindings.filter((binding) => binding.type === 'plain_text')
    expect(variables.filter((variable) => !mayDiffer(variable))).toEqual([])
  })

  it.each(named)('%s lets objects finish their work before they get new code', (_, env) => {
    expect(upload(env).code_update_strategy).toEqual({ mode: 'deferred', max_delay: 300 })
  })
})
