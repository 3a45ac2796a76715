import { parseArgs } from 'node:util'
import { StartError } from '../local/settings.ts'
import { JURISDICTIONS, LOCATIONS } from '../objects/place.ts'

/** The arguments of `npm run deploy -- …`. */
export type Arguments = {
  /** Only print what a deployment would do. */
  readonly isCheck: boolean
  /** An environment of wrangler.toml. The empty text is its top level. */
  readonly environment: string
  /** Settings of the first deployment. Later ones keep them. */
  readonly vars: Readonly<Record<string, string>>
  /** For `wrangler deploy`. */
  readonly rest: readonly string[]
}

const USAGE = `Usage: npm run deploy -- [--check] [--env staging] [--secrets-file FILE] [--message TEXT]
       first deployment: --location ${LOCATIONS.join('|')}, or --jurisdiction ${JURISDICTIONS.join('|')}
To deploy under another name, change "name" in wrangler.toml.`

/** Wrangler's `--name` is no option here: it would migrate the database of the name in wrangler.toml. */
export const parseArguments = (args: readonly string[]): Arguments => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        check: { type: 'boolean', default: false },
        env: { type: 'string', default: '' },
        location: { type: 'string' },
        jurisdiction: { type: 'string' },
        'secrets-file': { type: 'string' },
        message: { type: 'string' },
      },
    })
    const { check, env, location, jurisdiction, ...rest } = values
    const vars = {
      ...(location !== undefined && { LOCATION: location }),
      ...(jurisdiction !== undefined && { JURISDICTION: jurisdiction }),
    }
    return {
      isCheck: check,
      environment: env,
      vars,
      rest: [
        ...Object.entries(rest).flatMap(([name, value]) => [`--${name}`, value]),
        ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
      ],
    }
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  }
}
