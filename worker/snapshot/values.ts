import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { isOn, type Answers } from '../evaluate/index.ts'
import { fingerprintOf } from './tag.ts'

/*
 * The answer to "all flags, for one context" is the same text for everybody but for its trues and falses. So it is
 * written once a snapshot version, all false, and a request gets a copy in which the values that are on are
 * overwritten: a space and `true` are as long as `false`. Half the cost of joining the text, a tenth of serialising
 * it, and nothing is left to encode.
 */

export type ValuesTemplate = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where each flag's value starts. */
  readonly starts: Int32Array
  /** Of everything but the values. */
  readonly fingerprint: Uint8Array
}

const FALSE = 'false'
const TRUE = utf8ToBytes(' true')

/** Writes `{"flags":{"a":false,…}`, and notes where the values are. */
export const compileValues = (keys: readonly string[]): ValuesTemplate => {
  const members = keys.map((key, index) =>
    utf8ToBytes(`${index === 0 ? '' : ','}${JSON.stringify(key)}:${FALSE}`),
  )
  const opening = utf8ToBytes('{"flags":{')
  const starts = new Int32Array(keys.length)
  let end = opening.length
  members.forEach((member, index) => {
    end += member.length
    starts[index] = end - FALSE.length
  })
  return {
    bytes: concatBytes(opening, ...members, utf8ToBytes('}')),
    starts,
    fingerprint: fingerprintOf(keys),
  }
}

/**
 * The body of an answer, in UTF-8: the flags, then `rest`.
 *
 * @param rest the members after `flags` and the closing brace: `,"version":7}`
 */
export const writeValues = (
  { bytes, starts }: ValuesTemplate,
  answers: Answers,
  rest: string,
): Uint8Array<ArrayBuffer> => {
  const ending = utf8ToBytes(rest)
  const body = new Uint8Array(bytes.length + ending.length)
  body.set(bytes)
  body.set(ending, bytes.length)
  for (let flag = 0; flag < starts.length; flag++)
    if (isOn(answers, flag))
      for (let i = 0, start = starts[flag] ?? 0; i < TRUE.length; i++)
        body[start + i] = TRUE[i] ?? 0
  return body
}
