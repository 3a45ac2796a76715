import { Hono } from 'hono'
import { SnapshotDocument } from '../../schema/snapshot-document.ts'
import { isModified } from '../http/etag.ts'
import { Problem } from '../http/problem.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/evaluation-key.ts'
import { operation } from '../openapi/operation.ts'
import { createSnapshotDocument } from '../snapshot/document.ts'

export const snapshotRoutes = new Hono<EvaluationEnv>().get(
  '/v1/snapshot',
  operation('snapshot', {
    tag: 'Evaluation',
    summary: 'All flags and experiments with their rules, for evaluation in a server',
    answers: { 200: SnapshotDocument, 304: 'Not changed since the ETag that was sent' },
    errors: [401, 403, 503],
    reads: ['If-Changed'],
    headers: ['ETag'],
  }),
  withSnapshot,
  async (c) => {
    const { key, loaded } = c.var
    if (key.kind !== 'server')
      throw new Problem(
        'FORBIDDEN',
        'the snapshot has the rules and user ids of all flags: send a server key, which no visitor can read',
      )
    const stream = `/v1/stream?token=${key.streamToken}`
    const { document, tag } = createSnapshotDocument(loaded.snapshot, stream)
    c.header('ETag', `W/${tag}`)
    if (!isModified(c.req.header('If-None-Match'), tag)) return c.body(null, 304)
    return c.json(document, 200)
  },
)
