import type { EvaluationErrorCode } from '../../schema/evaluation.ts'
import type { OfrepFailure, OfrepSuccess } from '../../schema/ofrep.ts'
import { createFingerprint } from './etag.ts'
import { outcomeOf, outcomes, type Answers, type Evaluation } from '../evaluate/index.ts'

const errorDetails: Record<EvaluationErrorCode, string> = {
  TARGETING_KEY_MISSING: 'the flag is rolled out to a share of users: send `targetingKey`',
  PARSE_ERROR: 'the stored flag cannot be read',
}

/** An evaluation in OFREP's words. */
export const toResult = ({
  key,
  value,
  reason,
  variant,
  errorCode,
}: Omit<Evaluation, 'step'>): OfrepSuccess | OfrepFailure =>
  errorCode
    ? { key, errorCode, errorDetails: errorDetails[errorCode] }
    : { key, value, reason, variant }

/*
 * The results of all flags, joined instead of serialised. There are few ways in which an evaluation ends, so there are
 * few results of a flag; each is serialised when somebody first gets it, and kept for as long as the snapshot is.
 */

export type ResultsTemplate = {
  readonly keys: readonly string[]
  /** Of each flag, by their code, the results that were written already. */
  readonly written: readonly string[][]
  /** Of everything that results can be made of: two sets of flags with the same keys have the same one. */
  readonly fingerprint: Uint8Array
}

export const compileResults = (keys: readonly string[]): ResultsTemplate => ({
  keys,
  written: keys.map(() => []),
  fingerprint: createFingerprint([outcomes, errorDetails, keys]),
})

/** A result with the comma before it: cut out of a list, it is one piece of memory, which is copied in one go. */
const write = (key: string, code: number, isFirst: boolean): string => {
  const outcome = outcomes[code]
  if (!outcome) throw new Error(`no evaluation ends with ${code}`)
  const result = toResult({ key, variant: outcome.value ? 'on' : 'off', ...outcome })
  return JSON.stringify([0, result]).slice(isFirst ? '[0,'.length : '[0'.length, -1)
}

/** The outcome code of each flag. Two codes a byte, because the tag is a hash of them. */
export const codesOf = (answers: Answers): Uint8Array => {
  const count = answers.flags.keys.length
  const codes = new Uint8Array((count + 1) >> 1)
  for (let flag = 0; flag < count; flag++)
    codes[flag >> 1] = (codes[flag >> 1] ?? 0) | (outcomeOf(answers, flag).code << ((flag & 1) * 4))
  return codes
}

const codeAt = (codes: Uint8Array, flag: number) =>
  ((codes[flag >> 1] ?? 0) >> ((flag & 1) * 4)) & 0xf

/** The results as a JSON array: those of all flags, then `more`. */
export const writeResults = (
  { keys, written }: ResultsTemplate,
  codes: Uint8Array,
  more: readonly (OfrepSuccess | OfrepFailure)[],
): string => {
  let text = ''
  keys.forEach((key, flag) => {
    const [code, known] = [codeAt(codes, flag), written[flag] ?? []]
    text += known[code] ??= write(key, code, flag === 0)
  })
  for (const result of more) text += (text === '' ? '' : ',') + JSON.stringify(result)
  return `[${text}]`
}
