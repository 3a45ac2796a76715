import { attempt } from './internal.ts'

/** The part of Node's `fs/promises` that is used. */
type FileSystem = {
  readonly readFile: (path: string, encoding: 'utf8') => Promise<string>
  readonly writeFile: (
    path: string,
    text: string,
    options: { mode: number; flush: boolean },
  ) => Promise<void>
  readonly rename: (from: string, to: string) => Promise<void>
  readonly rm: (path: string, options: { force: boolean }) => Promise<void>
}

type Platform = {
  process?: { readonly pid?: number; readonly getBuiltinModule?: (name: string) => unknown }
}

/** No import: bundlers for pages would fail on a Node module. Node has this function from 20.16 on. */
const getFileSystem = (): FileSystem | undefined =>
  attempt(
    () => (globalThis as Platform).process?.getBuiltinModule?.('node:fs/promises') as FileSystem,
  )

/** What is stored: the document with its ETag, which project it belongs to, and a digest against damage. */
type Stored = {
  readonly format: 1
  readonly project: string
  readonly digest: string
  readonly etag?: string | undefined
  readonly document: unknown
}

export type SnapshotRow = { readonly document: unknown; readonly etag: string | undefined }

type SnapshotFileSettings = {
  readonly path: string
  /** Names the service and the key, so that a snapshot of another project is never used. */
  readonly project: string
  readonly hash: (text: string) => string
  readonly onProblem: (problem: string, cause?: unknown) => void
}

/** The last good snapshot on disk. Its failures are reported, and the client works without it. */
export const createSnapshotFile = ({ path, project, hash, onProblem }: SnapshotFileSettings) => {
  const files = getFileSystem()
  if (!files) onProblem('cannot be used: it needs Node 20.16, Deno or Bun')
  let next: SnapshotRow | undefined
  let writing: Promise<void> | undefined

  const computeDigest = (etag: string | undefined, document: unknown) =>
    hash(JSON.stringify([etag ?? null, document]))

  const parse = (text: string): SnapshotRow | undefined => {
    const stored = attempt(() => JSON.parse(text) as unknown)
    const { format, digest, etag, document, ...rest } = Object(stored) as Partial<Stored>
    if (format !== 1 || digest !== computeDigest(etag, document))
      onProblem('is ignored: it is damaged or of another version')
    else if (rest.project !== project) onProblem('is ignored: it is of another url or key')
    else return { document, etag }
    return undefined
  }

  /** A rename is atomic: another process, or this one after a crash, sees the old file or the new one. */
  const write = async ({ document, etag }: SnapshotRow) => {
    if (!files) return
    const draft = `${path}.${(globalThis as Platform).process?.pid ?? 0}.tmp`
    const digest = computeDigest(etag, document)
    const text = JSON.stringify({ format: 1, project, digest, etag, document } satisfies Stored)
    try {
      // It has user ids of allow and deny lists: only this user of the machine may read it.
      await files.writeFile(draft, text, { mode: 0o600, flush: true })
      await files.rename(draft, path)
    } catch (error) {
      onProblem('cannot be written', error)
      await files.rm(draft, { force: true }).catch(() => {})
    }
  }

  const writeAll = async () => {
    while (next) {
      const row = next
      next = undefined
      await write(row)
    }
    writing = undefined
  }

  return {
    read: async (): Promise<SnapshotRow | undefined> => {
      if (!files) return undefined
      try {
        return parse(await files.readFile(path, 'utf8'))
      } catch (error) {
        if ((Object(error) as { code?: unknown }).code !== 'ENOENT')
          onProblem('cannot be read', error)
        return undefined
      }
    },
    /** Writes in the background; of several snapshots in a row the last one. */
    save: (row: SnapshotRow): void => {
      next = row
      writing ??= writeAll()
    },
  }
}
