import { readAnswer, type Answer, type ResponseBody } from '../api.ts'
import { notify, type Notice } from './notices.ts'

type Edited = { readonly snapshotVersion: number }

/** What every edit may carry: why. */
export const withComment = (comment: string | undefined) => (comment ? { comment } : {})

/** Edits only what was on the screen: something at this version, or nothing at all. */
export const versionHeaders = (version: number | null) => ({
  headers: version === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${version}"` },
})

/** Waits for an edit, loads again what it changed, and says what was done, in which version, and the way back. */
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
