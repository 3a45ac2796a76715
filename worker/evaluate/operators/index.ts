import type { ComparingCondition } from '../../../schema/condition.ts'
import { equality } from './equality.ts'
import { instant } from './instant.ts'
import { number } from './number.ts'
import type { Operator } from './operator.ts'
import { text } from './text.ts'
import { version } from './version.ts'

/** The operators that compare values, one family a file. A missing one is a type error. */
export const operators: Readonly<Record<ComparingCondition['operator'], Operator>> = {
  ...equality,
  ...text,
  ...number,
  ...instant,
  ...version,
}
