import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '../worker/evaluate/index.ts'
import { getFetchEventSource } from './event-source.ts'
import type { Settings } from './options.ts'
import { compileSnapshot, createHashCache, type LocalSnapshot } from './snapshot.ts'
import { createSnapshotFile } from './snapshot-file.ts'

const hash = (text: string): string => bytesToHex(sha256(text))

/** The evaluator of one client, with its snapshot on disk. */
export const createEvaluator = (settings: Settings) => {
  const { url, key, clock, maxContexts, report, snapshotFile } = settings
  const snapshotSettings = {
    now: clock.now,
    hash: createHashCache(maxContexts),
    onRefusal: (reason: string) =>
      report({ status: 400, error: new Error(`the context is refused: ${reason}`) }),
    onUnknownRules: () =>
      settings.warn(
        'rules',
        'some flags have rules that this version does not know: update @indietix/flags. Reads of them return their defaults.',
      ),
  }
  const compile = (document: unknown) => compileSnapshot(document, snapshotSettings)

  const onProblem = (problem: string, cause?: unknown) =>
    settings.warn('snapshotFile', `the snapshotFile ${snapshotFile} ${problem}`, cause)

  const file =
    snapshotFile === undefined
      ? undefined
      : createSnapshotFile({
          path: snapshotFile,
          // The digest shows nothing about the key.
          project: hash(JSON.stringify([url, key])),
          hash,
          onProblem,
        })

  return {
    compile,
    EventSource: getFetchEventSource(settings.fetch),
    /** The last good snapshot on disk. */
    readFile: async (): Promise<{ value: LocalSnapshot; etag: string | undefined } | undefined> => {
      const row = await file?.read()
      if (!row) return undefined
      try {
        return { value: compile(row.document), etag: row.etag }
      } catch (error) {
        onProblem('is ignored', error)
        return undefined
      }
    },
    save: ({ document, version }: LocalSnapshot, etag: string | undefined): void =>
      file?.save({ document: { ...document, version }, etag }),
    /** The context as a text, equal for contexts with equal answers. */
    toCacheKey: (context: unknown): string => JSON.stringify(settings.readContext(context)),
  }
}
