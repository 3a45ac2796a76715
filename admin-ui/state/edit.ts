import { readAnswer, type Answer, type ResponseBody } from '../api.ts'
import { notify, type Notice } from './notices.ts'

type Edited = { readonly snapshotVersion: number }

/** The optional comment of an edit. */
export const withComment = (comment: string | undefined) => (comment ? { comment } : {})

/** Headers that let an edit succeed only for this version, or with null only for something new. */
export const versionHeaders = (version: number | null) => ({
  headers: version === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${version}"` },
})

/** Waits for an edit, loads the list again and shows a notice with the version and Undo. */
export const edit = async <A extends Answer>(
  pending: Promise<A>,
  load: () => Promise<void>,
  text: string,
  createUndo?: (edited: ResponseBody<A>) => Notice['undo'],
): Promise<ResponseBody<A>> => {
  const edited = await readAnswer(pending)
  await load()
  notify({ text, version: (edited as Edited).snapshotVersion, undo: createUndo?.(edited) })
  return edited
}
