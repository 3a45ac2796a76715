#!/usr/bin/env node
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { declareKeys, readKeys } from './keys-file.ts'

const USAGE = `npx indietix-flags types [--url URL] [--token TOKEN] [--out flags.d.ts]

  Writes the keys of all flags and experiments as types, so that a typo does not compile.
  URL and TOKEN (any role) default to FLAGS_URL and FLAGS_ADMIN_TOKEN of the environment.`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: process.env.FLAGS_URL ?? '' },
    token: { type: 'string', default: process.env.FLAGS_ADMIN_TOKEN ?? '' },
    out: { type: 'string', default: 'flags.d.ts' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help || positionals[0] !== 'types' || !values.url || !values.token) {
  console.error(USAGE)
  process.exit(values.help ? 0 : 2)
}
try {
  const keys = await readKeys(values.url, values.token)
  await writeFile(values.out, declareKeys(keys))
  console.log(`${values.out}: ${keys.flags.length} flags, ${keys.experiments.length} experiments`)
} catch (error) {
  console.error(`indietix-flags: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
