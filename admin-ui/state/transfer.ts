import type { TransferDocument } from '../../schema/transfer.ts'
import { answerOf, api, ApiError } from '../api.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { joined } from '../model/names.ts'
import { because, edit } from './edit.ts'
import { loadFlags } from './flags.ts'

/** A file as a document. The server checks it; here it only has to be JSON. */
export const readDocument = async (file: File): Promise<TransferDocument> => {
  try {
    return JSON.parse(await file.text()) as TransferDocument
  } catch {
    throw new ApiError(400, `${file.name} is not JSON.`)
  }
}

export const planImport = (document: TransferDocument) =>
  answerOf(api.import.$post({ query: { dryRun: 'true' }, json: document }))

export type ImportPlan = Awaited<ReturnType<typeof planImport>>

export type Planned = { readonly document: TransferDocument; readonly plan: ImportPlan }

/** Does what was planned; the server plans it again, on what there is now. */
export const runImport = async (
  { document, plan: { changes, experimentChanges } }: Planned,
  comment: string,
): Promise<void> => {
  const imported = joined(
    changes.length > 0 && counted(changes.length, 'flag'),
    experimentChanges.length > 0 && counted(experimentChanges.length, 'experiment'),
  )
  const pending = api.import.$post({ query: because(comment), json: document })
  await edit(pending, loadFlags, `${imported} imported`)
}
