import type { TransferDocument } from '../../schema/transfer.ts'
import { answerOf, api, ApiError } from '../api.ts'
import { because } from './edit.ts'
import { loadFlags } from './flags.ts'
import { notify } from './notices.ts'

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

const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`

export const runImport = async (document: TransferDocument, comment: string): Promise<void> => {
  const { changes, experimentChanges, snapshotVersion } = await answerOf(
    api.import.$post({ query: because(comment), json: document }),
  )
  await loadFlags()
  const imported = [
    changes.length > 0 && counted(changes.length, 'flag'),
    experimentChanges.length > 0 && counted(experimentChanges.length, 'experiment'),
  ].filter(Boolean)
  notify({
    text: `${imported.join(' and ') || 'Nothing'} imported`,
    version: snapshotVersion,
  })
}
