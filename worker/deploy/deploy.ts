import { join } from 'node:path'
import { styleText } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { root, StartError } from '../local/settings.ts'
import { parseArguments } from './arguments.ts'
import { dryRun } from './dry-run.ts'
import { createDatabase, withNamedDatabase } from './first-database.ts'
import { describePlan, findProblems, type Configuration } from './plan.ts'
import { captureWrangler, runWrangler } from './wrangler.ts'

/*
 * `npm run deploy`: prints what it will do, applies the migrations, then deploys the Worker. With `--check` it ends
 * after the first part and needs neither an account nor the network.
 *
 * Migrations come first, so that no new code meets an old schema. They only add, so old code works with the new one.
 */

const config = join(root, 'wrangler.toml')
const readConfiguration = (env: string) =>
  unstable_readConfig({ config, env }, { hideWarnings: true })

const readOthers = (environment: string, known: readonly string[]): Configuration[] =>
  ['', ...known].filter((name) => name !== environment).map(readConfiguration)

const step = (text: string) => console.log(`${styleText('dim', '›')} ${text}`)

type Migrated = 'done' | 'no database'

const migrate = async (environment: string): Promise<Migrated> => {
  step('Applying the migrations to D1')
  const args = ['d1', 'migrations', 'apply', 'DB', '--remote', '--env', environment]
  const { code, output } = await captureWrangler(args)
  if (code === 0) return 'done'
  if (/Couldn't find an? (auto-provisioned )?D1 DB/.test(output)) return 'no database'
  throw new StartError(`The migrations failed. The Worker was not deployed.\n${output}`)
}

const upload = async (args: readonly string[]): Promise<void> => {
  step('Deploying the Worker')
  if ((await runWrangler(['deploy', ...args])) !== 0)
    throw new StartError('The Worker was not deployed. The reason stands above.')
}

const deployFirst = async (
  settings: Configuration,
  environment: string,
  args: readonly string[],
): Promise<void> => {
  step('Creating D1')
  await createDatabase(settings)
  if ((await migrate(environment)) === 'no database')
    throw new StartError('D1 was created, but Cloudflare does not find it yet. Run this again.')
  await withNamedDatabase(settings, environment, (path) => upload([...args, '--config', path]))
}

const main = async () => {
  const { isCheck, environment, vars, rest } = parseArguments(process.argv.slice(2))
  const top = readConfiguration('')
  const known = top.definedEnvironments ?? []
  if (environment !== '' && !known.includes(environment))
    throw new StartError(`wrangler.toml has no [env.${environment}].`)
  const configured = readConfiguration(environment)
  const settings = { ...configured, vars: { ...configured.vars, ...vars } }
  for (const [heading, lines] of describePlan(settings, await dryRun(environment)))
    console.log(`\n${styleText('bold', heading)}\n${lines.map((line) => `  ${line}`).join('\n')}`)
  const problems = findProblems(settings, readOthers(environment, known))
  if (problems.length > 0) throw new StartError(problems.join('\n'))
  if (isCheck) return console.log('\nNothing was deployed.')
  console.log('')
  const args = ['--env', environment, ...rest]
  if ((await migrate(environment)) === 'done') await upload(args)
  else await deployFirst(settings, environment, args)
  await migrate(environment)
}

try {
  await main()
} catch (error) {
  console.error(styleText('red', '\n✘', { stream: process.stderr }))
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
