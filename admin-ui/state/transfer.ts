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

const countByKind = ({ changes, experimentChanges, omitted }: ImportPlan) => ({
  flags: changes.length + (omitted?.changes ?? 0),
  experiments: experimentChanges.length + (omitted?.experimentChanges ?? 0),
})

/** The number of flags and experiments that an import would change. */
export const countChanges = (plan: ImportPlan): number => {
  const { flags, experiments } = countByKind(plan)
  return flags + experiments
}

export type Planned = { readonly document: TransferDocument; readonly plan: ImportPlan }

/** Imports a planned document. The server plans again with the current state. */
export const runImport = async ({ document, plan }: Planned, comment: string): Promise<void> => {
  const { flags, experiments } = countByKind(plan)
  const imported = joinParts(
    flags > 0 && counted(flags, 'flag'),
    experiments > 0 && counted(experiments, 'experiment'),
  )
  const pending = api.import.$post({ query: withComment(comment), json: document })
  await edit(pending, loadFlags, `${imported} imported`)
}
