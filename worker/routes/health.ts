import { Hono } from 'hono'
import * as z from 'zod'
import type { Env } from '../env.ts'
import { getSnapshotReader } from '../snapshot/isolate-reader.ts'
import { MAX_AGE_MS } from '../snapshot/freshness.ts'
import { operation } from '../openapi/operation.ts'

const Health = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']),
    version: z.int().nullable().describe('Of the snapshot that this isolate answers from.'),
    publishedVersion: z.int().nullable().describe('As the Publisher last said.'),
    snapshotAge: z
      .int()
      .nullable()
      .describe('Seconds since that snapshot was last known to be the newest.'),
    overridesPending: z
      .int()
      .nullable()
      .describe('Flags switched off by break-glass that D1 and the audit have not taken over yet.'),
    workerVersion: z
      .string()
      .nullable()
      .describe(
        'The deployed version of the Worker that answers. Two run in a gradual deployment.',
      ),
  })
  .meta({ id: 'Health' })

export const healthRoutes = new Hono<{ Bindings: Env }>().get(
  '/health',
  operation('health', {
    tag: 'Operations',
    summary: 'Whether this isolate can answer, and how fresh its answers are; 503 when it cannot',
    answers: { 200: Health, 503: Health },
    errors: [],
    admits: [],
  }),
  async (c) => {
    const reader = getSnapshotReader(c.env)
    const loaded = await reader.current({}, (work) => c.executionCtx.waitUntil(work))
    const published = reader.published()
    const ofPublisher = {
      publishedVersion: published?.version ?? null,
      overridesPending: published?.overrides ?? null,
      workerVersion: c.env.VERSION?.id ?? null,
    }
    if (!loaded)
      return c.json({ status: 'down', version: null, snapshotAge: null, ...ofPublisher }, 503)
    const ageMs = Math.max(0, Date.now() - loaded.verifiedAt)
    return c.json(
      {
        status: ageMs < MAX_AGE_MS ? 'ok' : 'degraded',
        version: loaded.snapshot.version,
        snapshotAge: Math.floor(ageMs / 1000),
        ...ofPublisher,
      },
      200,
    )
  },
)
