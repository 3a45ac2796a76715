import { Hono } from 'hono'
import {
  ImportQuery,
  ImportResult,
  TransferDocument,
  type TransferExperiment,
  type TransferFlag,
  type TransferSegment,
} from '../../schema/transfer.ts'
import { ExperimentSettings, type Experiment } from '../../schema/experiment.ts'
import { FlagSettings, type Flag } from '../../schema/flag.ts'
import { SegmentSettings, type Segment } from '../../schema/segment.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { openDatabase } from '../store/database.ts'
import { importDocument, planImport, type ImportOutcome } from '../store/transfer.ts'
import { readAllExperiments } from '../store/transfer-experiments.ts'
import { readAllFlags } from '../store/transfer-flags.ts'
import { readAllSegments } from '../store/transfer-segments.ts'

const toTransfer = (flag: Flag): TransferFlag => ({
  key: flag.key,
  ...FlagSettings.strip().parse(flag),
})

const toTransferSegment = (segment: Segment): TransferSegment => ({
  key: segment.key,
  ...SegmentSettings.strip().parse(segment),
})

const toTransferExperiment = (experiment: Experiment): TransferExperiment => ({
  key: experiment.key,
  ...ExperimentSettings.strip().parse(experiment),
  status: experiment.status,
  owner: experiment.owner,
})

const describeProblem = (result: Exclude<ImportOutcome, { outcome: 'done' }>): Problem => {
  switch (result.outcome) {
    case 'keys taken':
      return new Problem('CONFLICT', `experiments have these keys: ${result.keys.join(', ')}`)
    case 'refused': {
      const [first] = result.issues
      return new Problem(
        'CONFLICT',
        first?.message ?? 'the life cycle does not allow these experiments',
        {
          issues: result.issues,
        },
      )
    }
    case 'quota exceeded':
      return new Problem('CONFLICT', result.reason)
    case 'contended':
      return unavailable('others keep editing the same things; import again for the rest')
  }
}

export const transferRoutes = new Hono<AdminEnv>()
  .get(
    '/export',
    operation('export', {
      tag: 'Administration',
      summary:
        'Exports all flags and segments, and all experiments that are not archived, as one document for `/api/import`',
      answers: { 200: TransferDocument },
      headers: ['Content-Disposition'],
      errors: [401, 403, 503],
    }),
    async (c) => {
      const exportedAt = new Date().toISOString()
      const db = openDatabase(c.env.DB)
      const flags = (await readAllFlags(db)).map(toTransfer)
      const segments = (await readAllSegments(db)).map(toTransferSegment)
      const experiments = (await readAllExperiments(db))
        .filter(({ archivedAt }) => archivedAt === null)
        .map(toTransferExperiment)
      c.header(
        'Content-Disposition',
        `attachment; filename="flags-${exportedAt.slice(0, 10)}.json"`,
      )
      return c.json(
        {
          format: 'indietix-flags' as const,
          version: 1 as const,
          exportedAt,
          flags,
          ...(segments.length > 0 && { segments }),
          experiments,
        },
        200,
      )
    },
  )
  .post(
    '/import',
    operation('import', {
      tag: 'Administration',
      summary:
        'Imports a document: changes only differences, never deletes, launches or stops, and may be repeated',
      answers: { 200: ImportResult },
      errors: [400, 401, 403, 409, 413, 415, 503],
    }),
    atLeast('editor'),
    valid('query', ImportQuery),
    valid('json', TransferDocument),
    async (c) => {
      const { dryRun, comment } = c.req.valid('query')
      const document = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      const isDry = dryRun === 'true'
      const editor = getEditor(c, comment)
      const result = isDry
        ? await planImport(db, document, editor.at)
        : await importDocument(db, document, editor)
      if (result.outcome !== 'done') throw describeProblem(result)
      const { changes, segmentChanges, experimentChanges, skipped, snapshotVersion } = result
      const { flags, segments, experiments = [] } = document
      const named = flags.length + (segments?.length ?? 0) + experiments.length
      const changed = changes.size() + segmentChanges.size() + experimentChanges.size()
      const unchanged = named - changed - skipped.length
      const omitted = {
        changes: changes.countOmitted(),
        ...(segments && { segmentChanges: segmentChanges.countOmitted() }),
        experimentChanges: experimentChanges.countOmitted(),
      }
      const isCut = Object.values(omitted).some((count) => count > 0)
      const publication = isDry
        ? { snapshotVersion, published: false }
        : await publishEdit(c.env, snapshotVersion)
      return c.json(
        {
          dryRun: isDry,
          changes: changes.list(),
          ...(segments && { segmentChanges: segmentChanges.list() }),
          experimentChanges: experimentChanges.list(),
          ...(isCut && { omitted }),
          ...(skipped.length > 0 && { skipped: [...skipped] }),
          unchanged,
          ...publication,
        },
        200,
      )
    },
  )
