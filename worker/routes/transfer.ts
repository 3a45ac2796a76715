import { Hono } from 'hono'
import {
  ImportQuery,
  ImportResult,
  TransferDocument,
  type TransferFlag,
} from '../../schema/transfer.ts'
import { FlagSettings, type Flag } from '../../schema/flag.ts'
import { atLeast, editorOf, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { Problem, unavailable } from '../problem.ts'
import { publish } from '../publish.ts'
import { openDatabase } from '../store/database.ts'
import { importFlags, planImport, readAllFlags, type ImportOutcome } from '../store/transfer.ts'

const toTransfer = (flag: Flag): TransferFlag => ({
  key: flag.key,
  ...FlagSettings.strip().parse(flag),
})

const problemOf = (result: Exclude<ImportOutcome, { outcome: 'done' }>): Problem => {
  switch (result.outcome) {
    case 'keys taken':
      return new Problem('CONFLICT', `experiments have these keys: ${result.keys.join(', ')}`)
    case 'no room':
      return new Problem('CONFLICT', result.reason)
    case 'contended':
      return unavailable('others keep editing these flags; import again for the rest')
  }
}

export const transferRoutes = new Hono<AdminEnv>()
  .get(
    '/export',
    operation('export', {
      tag: 'Administration',
      summary: 'All flags as one document that `/api/import` takes',
      answers: { 200: TransferDocument },
      errors: [401, 403, 503],
    }),
    async (c) => {
      const exportedAt = new Date().toISOString()
      const flags = (await readAllFlags(openDatabase(c.env.DB))).map(toTransfer)
      c.header(
        'Content-Disposition',
        `attachment; filename="flags-${exportedAt.slice(0, 10)}.json"`,
      )
      return c.json(
        { format: 'indietix-flags' as const, version: 1 as const, exportedAt, flags },
        200,
      )
    },
  )
  .post(
    '/import',
    operation('import', {
      tag: 'Administration',
      summary:
        'Makes flags what the document says; changes only what differs, deletes nothing, and may be repeated',
      answers: { 200: ImportResult },
      errors: [400, 401, 403, 409, 413, 415, 503],
    }),
    atLeast('editor'),
    valid('query', ImportQuery),
    valid('json', TransferDocument),
    async (c) => {
      const { dryRun, comment } = c.req.valid('query')
      const { flags } = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      const isDry = dryRun === 'true'
      const result = isDry
        ? await planImport(db, flags)
        : await importFlags(db, flags, editorOf(c, comment))
      if (result.outcome !== 'done') throw problemOf(result)
      const { changes, snapshotVersion } = result
      const unchanged = flags.length - changes.length
      const published = !isDry && (await publish(c.env, snapshotVersion))
      return c.json({ dryRun: isDry, changes, unchanged, snapshotVersion, published }, 200)
    },
  )
