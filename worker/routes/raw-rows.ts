import { Hono } from 'hono'
import { RawRowsQuery } from '../../schema/raw-rows.ts'
import { FORMATS } from '../experiments/raw-rows.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { hashUserId } from '../objects/participant/hash-user-id.ts'
import { operation } from '../openapi/operation.ts'
import { openDatabase, type Database } from '../store/database.ts'
import { getExperiment } from '../store/experiments.ts'
import { RAW_PAGE, readRawPage, recordDownload } from '../store/raw-rows.ts'
import { ByKey, notFound } from './experiment-edit.ts'

/**
 * Streams one page at a time, and reads the next one when the client has taken it. A failure of D1 breaks the body off,
 * so that nobody takes a part for the whole.
 */
const streamRows = (db: Database, key: string, { format, user }: RawRowsQuery) => {
  const { header, write } = FORMATS[format]
  const encoder = new TextEncoder()
  let after = ''
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (header !== '') controller.enqueue(encoder.encode(header))
    },
    async pull(controller) {
      const page = await readRawPage(db, key, after)
      after = page.at(-1)?.user ?? after
      const rows =
        user === 'id' ? page : page.map((row) => ({ ...row, user: hashUserId(row.user) }))
      if (rows.length > 0) controller.enqueue(encoder.encode(write(rows)))
      if (rows.length < RAW_PAGE) controller.close()
    },
  })
}

export const rawRowsRoutes = new Hono<AdminEnv>().get(
  '/:key/rows',
  operation('experiments.rows', {
    tag: 'Administration',
    summary: 'Streams one row for each assigned user. The audit records each download',
    answers: {
      200: {
        mediaType: 'application/x-ndjson',
        description:
          'A `RawRow` in each line, or CSV with `format=csv`. A body that breaks off is incomplete',
      },
    },
    headers: ['Content-Disposition'],
    errors: [400, 401, 403, 404, 503],
  }),
  atLeast('admin'),
  valid('param', ByKey),
  valid('query', RawRowsQuery),
  async (c) => {
    const { key } = c.req.valid('param')
    const query = c.req.valid('query')
    const db = openDatabase(c.env.DB)
    if (!(await getExperiment(db, key))) throw notFound()
    await recordDownload(db, key, getEditor(c, undefined), `${query.format}, user ${query.user}`)
    return c.body(streamRows(db, key, query), 200, {
      'Content-Type': FORMATS[query.format].mediaType,
      'Content-Disposition': `attachment; filename="${key}-rows.${query.format}"`,
    })
  },
)
