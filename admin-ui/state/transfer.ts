import type { TransferDocument } from '../../schema/transfer.ts'
import { answerOf, api, ApiError } from '../api.ts'
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

export const runImport = async (document: TransferDocument, comment: string): Promise<void> => {
  const { changes, snapshotVersion } = await answerOf(
    api.import.$post({ query: comment ? { comment } : {}, json: document }),
  )
  await loadFlags()
  const count = changes.length
  notify({ text: `${count} ${count === 1 ? 'flag' : 'flags'} imported`, version: snapshotVersion })
}
