import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { experimental_readRawConfig, type Unstable_RawConfig } from 'wrangler'
import { root, StartError } from '../local/settings.ts'
import { JURISDICTIONS } from '../objects/place.ts'
import { findPlace, getDatabaseName, type Configuration } from './plan.ts'
import { captureWrangler } from './wrangler.ts'

const UNDECIDED = `Decide where D1 is, because it never moves:

  npm run deploy -- --location apac       near your users: weur, eeur, apac, oc, wnam or enam
  npm run deploy -- --jurisdiction eu     never outside of it: eu, us or fedramp`

/** Makes the D1 of a first deployment, in the place that the settings name. Wrangler itself would choose the place. */
export const createDatabase = async (config: Configuration): Promise<void> => {
  const place = findPlace(config)
  if (place === undefined) throw new StartError(UNDECIDED)
  const kind = JURISDICTIONS.some((known) => known === place) ? '--jurisdiction' : '--location'
  const create = ['d1', 'create', getDatabaseName(config), kind, place]
  const { code, output } = await captureWrangler(create)
  if (code !== 0) throw new StartError(`D1 could not be created.\n${output}`)
}

/**
 * Runs `work` with a copy of wrangler.toml that names the database. Wrangler attaches an existing D1 by name at the
 * first deployment. Later ones inherit it, so the name stands in no file that a person could copy.
 */
export const withNamedDatabase = async <T>(
  config: Configuration,
  environment: string,
  work: (configPath: string) => Promise<T>,
): Promise<T> => {
  // The types of this export are not in Wrangler's package.
  const { rawConfig }: { rawConfig: Unstable_RawConfig } = experimental_readRawConfig({
    config: join(root, 'wrangler.toml'),
  })
  const section = environment === '' ? rawConfig : rawConfig.env?.[environment]
  const d1_databases = section?.d1_databases?.map((d1) => ({
    ...d1,
    database_name: getDatabaseName(config),
  }))
  const named =
    environment === ''
      ? { ...rawConfig, d1_databases }
      : { ...rawConfig, env: { ...rawConfig.env, [environment]: { ...section, d1_databases } } }
  // Beside wrangler.toml, since its paths are relative.
  const path = join(root, `wrangler.first-deployment.${process.pid}.json`)
  try {
    await writeFile(path, JSON.stringify(named))
    return await work(path)
  } finally {
    await rm(path, { force: true })
  }
}
