import * as z from 'zod'
import { MAX_BATCH } from '../../schema/participation.ts'
import type { RowTime } from '../experiments/late-rows.ts'
import { Problem } from '../http/problem.ts'
import { toIssue } from '../middleware/body.ts'
import { correctClock, type ClientTime } from '../participation/correct-clock.ts'
import type { RecordOutcome } from '../participation/record-rows.ts'

/** An item of a batch and what became of it; `outcome` is set when it is refused before it reaches an object. */
export type Item<Row> = {
  readonly id: string
  readonly row?: Row
  outcome?: RecordOutcome
  /** Why it is no item. Schemas tell what they want, never what they were given: no user id gets into it. */
  readonly errorDetails?: string
}

export type Timed = ClientTime & { readonly id: string; readonly userId: string }

const describeIssues = (issues: readonly z.core.$ZodIssue[]) =>
  issues
    .map(toIssue)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ')

/** An instant of ISO 8601 without a fraction is that whole second. */
const describeTime = (item: unknown) => {
  const ts = sentTime.safeParse(item).data?.ts
  return {
    spanMs: typeof ts === 'string' && !ts.includes('.') ? 999 : 0,
    isClientTime: ts !== undefined,
  }
}

const sentTime = z.looseObject({ ts: z.unknown() })
const hasId = z.looseObject({ id: z.string() })

/** The id of an item as it was sent; empty when it has none. */
const readId = (item: unknown): string => hasId.safeParse(item).data?.id ?? ''

const readItem = <Row extends Timed>(
  schema: z.ZodType<Row>,
  item: unknown,
  index: number,
  batchSentAt: number | undefined,
  now: number,
): Item<Row & RowTime> => {
  const { success, data, error } = schema.safeParse(item)
  if (!success) {
    const id = readId(item)
    const details = describeIssues(error.issues)
    const errorDetails = id === '' ? `item ${index}: ${details}` : details
    return { id, outcome: 'INVALID_REQUEST', errorDetails }
  }
  const { ts, sentAt = batchSentAt } = data
  const at = correctClock({ ts, sentAt }, now)
  return at === undefined
    ? { id: data.id, outcome: 'IN_THE_FUTURE' }
    : { id: data.id, row: { ...data, at, ...describeTime(item) } }
}

/** Items as they were sent, each read by itself; 413 when there are too many. */
export const readItems = <Row extends Timed>(
  schema: z.ZodType<Row>,
  items: readonly unknown[],
  sentAt: number | undefined,
  now: number,
) => {
  if (items.length > MAX_BATCH)
    throw new Problem('PAYLOAD_TOO_LARGE', `send at most ${MAX_BATCH} items at a time`)
  return items.map((item, index) => readItem(schema, item, index, sentAt, now))
}
