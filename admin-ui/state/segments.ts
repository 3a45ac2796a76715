import { signal } from '@preact/signals'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { listSegmentKeys } from '../../schema/segment-keys.ts'
import type {
  ListedSegment,
  Segment,
  SegmentSettings,
  SegmentWithUsers,
} from '../../schema/segment.ts'
import { ApiError, readAnswer, api, describeError, encodeParams } from '../api.ts'
import { toSegmentDraftOrNew, toSegmentSettings } from '../model/segment-draft.ts'
import { withComment, edit, versionHeaders } from './edit.ts'
import { createList } from './list.ts'

const one = api.segments[':key']

export const { list: segments, load: loadSegments } = createList<ListedSegment>((query) =>
  readAnswer(api.segments.$get({ query })),
)

/** A segment that was loaded by its key. Null: there is none. */
type Found = { readonly segment: SegmentWithUsers | null; readonly error: string | null }

const details = signal<Readonly<Record<string, Found>>>({})

const keep = (key: string, found: Found) => {
  details.value = { ...details.value, [key]: found }
}

/** Finds a segment that was loaded by its key; undefined before. */
export const findSegment = (key: string): Found | undefined =>
  Object.hasOwn(details.value, key) ? details.value[key] : undefined

const readSegment = async (key: string): Promise<SegmentWithUsers | null> => {
  try {
    return await readAnswer(one.$get({ param: encodeParams({ key }) }))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

/** Loads one segment. An older answer never replaces a newer version. */
export const loadSegment = async (key: string): Promise<void> => {
  const known = findSegment(key)?.segment ?? null
  try {
    const segment = await readSegment(key)
    const newest = findSegment(key)?.segment
    if (!segment || !newest || newest.version <= segment.version)
      keep(key, { segment, error: null })
  } catch (error) {
    keep(key, { segment: known, error: describeError(error) })
  }
}

/** Loads the segments that a flag uses. */
export const loadUsedSegments = async (flag: SnapshotFlag): Promise<readonly Segment[]> => {
  const keys = listSegmentKeys(flag)
  await Promise.all(keys.filter((key) => !findSegment(key)).map(loadSegment))
  return keys.flatMap((key) => findSegment(key)?.segment ?? [])
}

type Version = Pick<Segment, 'key' | 'version'>

/** Replaces a segment, with Undo in the notice. Creates it when `before` is null. */
export const saveSegment = async (
  key: string,
  settings: SegmentSettings,
  before: Segment | null,
  comment?: string,
): Promise<Segment | null> => {
  const json = { ...settings, ...withComment(comment) }
  const { segment } = await edit(
    one.$put({ param: encodeParams({ key }), json }, versionHeaders(before?.version ?? null)),
    () => loadSegment(key),
    `${key} is ${before ? 'saved' : 'created'}`,
    (edited) =>
      edited.segment &&
      before &&
      (() =>
        saveSegment(key, toSegmentSettings(toSegmentDraftOrNew(before)), edited.segment, 'Undone')),
  )
  return segment
}

export const deleteSegment = async ({ key, version }: Version, comment: string): Promise<void> => {
  await edit(
    one.$delete(
      { param: encodeParams({ key }), json: withComment(comment) },
      versionHeaders(version),
    ),
    loadSegments,
    `${key} is deleted`,
  )
}
