import type { TransferDocument } from '../../schema/transfer.ts'
import { readAnswer, api, ApiError } from '../api.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { joinParts } from '../model/names.ts'
import { withComment, edit } from './edit.ts'
import { loadFlags } from './flags.ts'

/** Reads a JSON file. The server validates the document. */
export const readDocument = async (file: File): Promise<TransferDocument> => {
  try {
    return JSON.parse(await file.text()) as TransferDocument
  } catch {
    throw new ApiError(400, `${file.name} is not JSON.`)
  }
}

export const planImport = (document: TransferDocument) =>
  readAnswer(api.import.$post({ query: { dryRun: 'true' }, json: document }))

export type ImportPlan = Awaited<ReturnType<typeof planImport>>

const countByKind = ({ changes, segmentChanges = [], experimentChanges, omitted }: ImportPlan) => ({
  flags: changes.length + (omitted?.changes ?? 0),
  segments: segmentChanges.length + (omitted?.segmentChanges ?? 0),
  experiments: experimentChanges.length + (omitted?.experimentChanges ?? 0),
})

/** The number of flags, segments and experiments that an import would change. */
export const countChanges = (plan: ImportPlan): number => {
  const { flags, segments, experiments } = countByKind(plan)
  return flags + segments + experiments
}

export type Planned = { readonly document: TransferDocument; readonly plan: ImportPlan }

/** Imports a planned document. The server plans again with the current state. */
export const runImport = async ({ document, plan }: Planned, comment: string): Promise<void> => {
  const { flags, segments, experiments } = countByKind(plan)
  const imported = joinParts(
    flags > 0 && counted(flags, 'flag'),
    segments > 0 && counted(segments, 'segment'),
    experiments > 0 && counted(experiments, 'experiment'),
  )
  const pending = api.import.$post({ query: withComment(comment), json: document })
  await edit(pending, loadFlags, `${imported} imported`)
}
