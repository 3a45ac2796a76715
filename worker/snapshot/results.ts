import type { EvaluationErrorCode } from '../../schema/evaluation.ts'
import type { OfrepFailure, OfrepSuccess } from '../../schema/ofrep.ts'
import { createFingerprint } from './etag.ts'
import {
  outcomeOf,
  outcomes,
  serveOutcome,
  type Answers,
  type CompiledFlags,
  type Evaluation,
} from '../evaluate/index.ts'

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
  readonly servings: CompiledFlags['servings']
  /** Of each flag, by their code, the results that were written already. */
  readonly written: readonly string[][]
  /** Likewise by reason and variant, of flags that a code does not describe. */
  readonly others: readonly Map<string, string>[]
  /** Of everything that results can be made of: two sets of flags with the same keys have the same one. */
  readonly fingerprint: Uint8Array
}

export const compileResults = ({ keys, servings, others }: CompiledFlags): ResultsTemplate => ({
  keys,
  servings,
  written: keys.map(() => []),
  others: (others?.flags ?? []).map(() => new Map()),
  // On/off flags keep the tags that they had before flags had other values.
  fingerprint: createFingerprint([outcomes, errorDetails, keys, ...(servings ? [servings] : [])]),
})

/** A result with the comma before it: cut out of a list, it is one piece of memory, which is copied in one go. */
const serialize = (evaluation: Omit<Evaluation, 'step'>, isFirst: boolean): string =>
  JSON.stringify([0, toResult(evaluation)]).slice(isFirst ? '[0,'.length : '[0'.length, -1)

const write = ({ keys, servings }: ResultsTemplate, flag: number, code: number): string => {
  const outcome = outcomes[code]
  if (!outcome) throw new Error(`no evaluation ends with ${code}`)
  const evaluation = serveOutcome(keys[flag] ?? '', servings?.[flag], outcome)
  return serialize(evaluation, flag === 0)
}

/** The outcome code of each flag. Two codes a byte, because the tag is a hash of them. */
export const codesOf = (answers: Answers): Uint8Array => {
  const { keys, others } = answers.flags
  const count = keys.length
  const codes = new Uint8Array((count + 1) >> 1)
  for (let flag = 0; flag < count; flag++)
    codes[flag >> 1] = (codes[flag >> 1] ?? 0) | (outcomeOf(answers, flag).code << ((flag & 1) * 4))
  // `describeOthers` describes these.
  for (const { number } of others?.flags ?? [])
    codes[number >> 1] = (codes[number >> 1] ?? 0) & (number & 1 ? 0x0f : 0xf0)
  return codes
}

const codeAt = (codes: Uint8Array, flag: number) =>
  ((codes[flag >> 1] ?? 0) >> ((flag & 1) * 4)) & 0xf

const describeEnd = ({ variant, reason }: Evaluation): string => `${reason} ${variant}`

/** How the evaluations end that a code does not describe, for the tag of an answer; empty when there are none. */
export const describeOthers = ({ others }: Answers): string =>
  others.length === 0 ? '' : JSON.stringify(others.map(describeEnd))

const writeOther = (known: Map<string, string>, evaluation: Evaluation, isFirst: boolean) => {
  const end = describeEnd(evaluation)
  const existing = known.get(end)
  if (existing !== undefined) return existing
  const text = serialize(evaluation, isFirst)
  known.set(end, text)
  return text
}

/** The results as a JSON array: those of all flags, then `more`. */
export const writeResults = (
  template: ResultsTemplate,
  answers: Answers,
  codes: Uint8Array,
  more: readonly (OfrepSuccess | OfrepFailure)[],
): string => {
  const { keys, written } = template
  const positions = answers.flags.others?.positions
  let text = ''
  for (let flag = 0; flag < keys.length; flag++) {
    const position = positions?.[flag] ?? -1
    const [other, texts] = [answers.others[position], template.others[position]]
    if (other && texts) text += writeOther(texts, other, flag === 0)
    else {
      const [code, known] = [codeAt(codes, flag), written[flag] ?? []]
      text += known[code] ??= write(template, flag, code)
    }
  }
  for (const result of more) text += (text === '' ? '' : ',') + JSON.stringify(result)
  return `[${text}]`
}
