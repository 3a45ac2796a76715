import type { EvaluationErrorCode } from '../../schema/evaluation.ts'
import type { OfrepFailure, OfrepSuccess } from '../../schema/ofrep.ts'
import { fingerprintOf } from './tag.ts'
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
 * The results of all flags, joined instead of serialised. A result is a head, which says the flag's key, and one of
 * ten tails, which say everything else: `{"key":"a",` + `"value":true,…}`.
 */

const tails = outcomes.map((outcome) => {
  const result = toResult({ key: '', variant: outcome.value ? 'on' : 'off', ...outcome })
  return JSON.stringify(result).slice('{"key":"",'.length)
})

export type ResultsTemplate = {
  readonly heads: readonly string[]
  /** Of everything that results can be made of: two sets of flags with the same keys have the same one. */
  readonly fingerprint: Uint8Array
}

export const compileResults = (keys: readonly string[]): ResultsTemplate => ({
  heads: keys.map((key) => `{"key":${JSON.stringify(key)},`),
  fingerprint: fingerprintOf([tails, keys]),
})

/** What is told of each flag: the code of its outcome. Two codes a byte, since a tag is made of them. */
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
  { heads }: ResultsTemplate,
  codes: Uint8Array,
  more: readonly (OfrepSuccess | OfrepFailure)[],
): string => {
  let text = ''
  for (let flag = 0; flag < heads.length; flag++)
    text += (flag === 0 ? '' : ',') + heads[flag] + tails[codeAt(codes, flag)]
  for (const result of more) text += (text === '' ? '' : ',') + JSON.stringify(result)
  return `[${text}]`
}
