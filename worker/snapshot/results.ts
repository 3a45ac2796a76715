import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { EvaluationErrorCode } from '../../schema/evaluation.ts'
import type { OfrepFailure, OfrepSuccess } from '../../schema/ofrep.ts'
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
  fingerprint: sha256(utf8ToBytes(JSON.stringify([tails, keys]))),
})

/** What is told of each flag: the code of its outcome, a byte each. */
export const codesOf = (answers: Answers): Uint8Array => {
  const codes = new Uint8Array(answers.flags.keys.length)
  for (let flag = 0; flag < codes.length; flag++) codes[flag] = outcomeOf(answers, flag).code
  return codes
}

/** The results as a JSON array: those of all flags, then `more`. */
export const writeResults = (
  { heads }: ResultsTemplate,
  codes: Uint8Array,
  more: readonly (OfrepSuccess | OfrepFailure)[],
): string => {
  let text = ''
  for (let flag = 0; flag < codes.length; flag++)
    text += (flag === 0 ? '' : ',') + heads[flag] + tails[codes[flag] ?? 0]
  for (const result of more) text += (text === '' ? '' : ',') + JSON.stringify(result)
  return `[${text}]`
}

/**
 * A tag of the answer itself, never of the snapshot's version: OpenFeature's web client sends the tag of one context
 * along with the next, and must not be told "not changed" when only the version is the same. It covers all that the
 * text is made of (the possible results, each flag's code, and what else is in the answer), so the text need not
 * exist, and equal answers of different versions have equal tags.
 */
export const tagOf = (
  { fingerprint }: ResultsTemplate,
  codes: Uint8Array,
  rest: string,
): string => {
  const digest = sha256(concatBytes(fingerprint, codes, utf8ToBytes(rest)))
  return `"${bytesToHex(digest.subarray(0, 16))}"`
}
