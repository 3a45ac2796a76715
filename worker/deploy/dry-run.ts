import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { StartError } from '../local/settings.ts'
import { captureWrangler } from './wrangler.ts'

/** The parts of Wrangler's upload that the plan of a deployment needs. */
const Upload = z.object({
  bindings: z.array(z.looseObject({ type: z.string(), name: z.string() })),
  compatibility_date: z.string(),
  code_update_strategy: z.looseObject({ mode: z.string() }).optional(),
  exports: z.record(z.string(), z.looseObject({ type: z.string() })).default({}),
  keep_bindings: z.array(z.string()).default([]),
  observability: z.looseObject({ enabled: z.boolean() }).optional(),
})
export type Upload = z.infer<typeof Upload>

/** The upload is a multipart form, and its part `metadata` is JSON in one line. */
const parseMetadata = (form: string): Upload => {
  const [, json = ''] = /name="metadata"\r\n\r\n(.*)\r\n/.exec(form) ?? []
  return Upload.parse(JSON.parse(json))
}

/**
 * What `wrangler deploy` would upload for this environment. Wrangler builds the Worker for it and asks nothing of the
 * network.
 *
 * @param environment the empty text is the top level of wrangler.toml
 */
export const dryRun = async (environment: string): Promise<Upload> => {
  const folder = await mkdtemp(join(tmpdir(), 'flags-dry-run-'))
  const file = join(folder, 'upload')
  try {
    const { code, output } = await captureWrangler([
      'deploy',
      '--dry-run',
      '--env',
      environment,
      '--outfile',
      file,
    ])
    if (code !== 0) throw new StartError(`The Worker cannot be built.\n${output}`)
    return parseMetadata(await readFile(file, 'latin1'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
