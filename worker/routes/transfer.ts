import { Hono } from 'hono'
import {
  ImportQuery,
  ImportResult,
  TransferDocument,
  type TransferFlag,
} from '../../schema/transfer.ts'
import { FlagSettings, type Flag } from '../../schema/flag.ts'
import { atLeast, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { unavailable } from '../problem.ts'
import { publish } from '../publish.ts'
import { openDatabase } from '../store/database.ts'
import { readSnapshotVersion } from '../store/edit.ts'
import { importFlags, planImport, readAllFlags } from '../store/transfer.ts'

const toTransfer = (flag: Flag): TransferFlag => ({
  key: flag.key,
  ...FlagSettings.strip().parse(flag),
})

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
      errors: [400, 401, 403, 413, 415, 503],
    }),
    atLeast('editor'),
    valid('query', ImportQuery),
    valid('json', TransferDocument),
    async (c) => {
      const { dryRun, comment } = c.req.valid('query')
      const { flags } = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      const resultOf = (isDry: boolean, changes: Awaited<ReturnType<typeof planImport>>) => ({
        dryRun: isDry,
        changes,
        unchanged: flags.length - changes.length,
      })
      if (dryRun === 'true') {
        const changes = await planImport(db, flags)
        const snapshotVersion = await readSnapshotVersion(db)
        return c.json({ ...resultOf(true, changes), snapshotVersion, published: false }, 200)
      }
      const done = await importFlags(db, flags, { actor: c.var.actor, at: new Date(), comment })
      if (!done) throw unavailable('others keep editing these flags; import again for the rest')
      const published = await publish(c.env, done.snapshotVersion)
      const { changes, snapshotVersion } = done
      return c.json({ ...resultOf(false, changes), snapshotVersion, published }, 200)
    },
  )
