import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { isOn, type Answers } from '../evaluate/index.ts'
import { createFingerprint } from './etag.ts'

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
const CLOSING = utf8ToBytes('}')

/** Writes `{"flags":{"a":false,…},"version":7}`, and notes where the values are. */
export const compileValues = (keys: readonly string[], version: number): ValuesTemplate => {
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
    bytes: concatBytes(opening, ...members, utf8ToBytes(`},"version":${version}}`)),
    starts,
    fingerprint: createFingerprint(keys),
  }
}

/**
 * The body of an answer, in UTF-8: the flags, the version, and what else there is.
 *
 * @param more a JSON object, not an empty one, whose members stand behind the others
 */
export const writeValues = (
  { bytes, starts }: ValuesTemplate,
  answers: Answers,
  more?: string,
): Uint8Array<ArrayBuffer> => {
  const ending = more === undefined ? CLOSING : utf8ToBytes(`,${more.slice(1)}`)
  const end = bytes.length - CLOSING.length
  const body = new Uint8Array(end + ending.length)
  body.set(bytes)
  body.set(ending, end)
  for (let flag = 0; flag < starts.length; flag++)
    if (isOn(answers, flag))
      for (let i = 0, start = starts[flag] ?? 0; i < TRUE.length; i++)
        body[start + i] = TRUE[i] ?? 0
  return body
}
