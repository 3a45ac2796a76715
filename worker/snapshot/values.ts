import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import {
  evaluationOf,
  isOn,
  type Answers,
  type CompiledFlags,
  type CompiledServing,
} from '../evaluate/index.ts'
import { createFingerprint } from './etag.ts'

/*
 * The answer to "all flags, for one context" is the same text for everybody but for its trues and falses. So it is
 * written once a snapshot version, all false, and a request gets a copy in which the values that are on are
 * overwritten: a space and `true` are as long as `false`. Half the cost of joining the text, a tenth of serialising
 * it, and nothing is left to encode.
 *
 * Values of other types have any length. They stand behind the booleans, and are joined from texts.
 */

type TypedFlag = {
  readonly number: number
  /** The member of the answer for each variant. */
  readonly members: ReadonlyMap<string, string>
}

export type ValuesTemplate = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where each boolean flag's value starts. */
  readonly starts: Int32Array
  /** Of everything but the values, and of the values of all variants. */
  readonly fingerprint: Uint8Array
  /** The flags of other types. */
  readonly typed: readonly TypedFlag[]
  /** Where their values belong, and what stands behind them. */
  readonly typedAt: number
  readonly ending: string
}

const FALSE = 'false'
const TRUE = utf8ToBytes(' true')
const CLOSING = utf8ToBytes('}')

/** No flag has this start. */
const NOWHERE = -1

const isTyped = (serving: CompiledServing | undefined) =>
  serving !== undefined && serving.type !== 'boolean'

const listTyped = ({ keys, servings = [] }: CompiledFlags): TypedFlag[] =>
  keys.flatMap((key, number) => {
    const serving = servings[number]
    if (!serving || !isTyped(serving)) return []
    const members = serving.variants.map(
      ({ name, value }) => [name, `${JSON.stringify(key)}:${JSON.stringify(value)}`] as const,
    )
    return [{ number, members: new Map(members) }]
  })

/** Writes `{"flags":{"a":false,…},"version":7}`, and notes where the values are. */
export const compileValues = (flags: CompiledFlags, version: number): ValuesTemplate => {
  const { keys, servings } = flags
  const opening = utf8ToBytes('{"flags":{')
  const starts = new Int32Array(keys.length).fill(NOWHERE)
  const members: Uint8Array[] = []
  let end = opening.length
  keys.forEach((key, flag) => {
    if (isTyped(servings?.[flag])) return
    const member = utf8ToBytes(`${members.length === 0 ? '' : ','}${JSON.stringify(key)}:${FALSE}`)
    members.push(member)
    end += member.length
    starts[flag] = end - FALSE.length
  })
  const ending = `},"version":${version}`
  return {
    bytes: concatBytes(opening, ...members, utf8ToBytes(ending), CLOSING),
    starts,
    // On/off flags keep the tags that they had before flags had other values.
    fingerprint: createFingerprint(
      servings ? [keys, servings.map((serving) => serving?.variants)] : keys,
    ),
    typed: listTyped(flags),
    typedAt: end,
    ending,
  }
}

const writeTyped = ({ typed }: ValuesTemplate, answers: Answers): string => {
  const members = typed.map(
    ({ number, members: byVariant }) => byVariant.get(evaluationOf(answers, number).variant) ?? '',
  )
  const isAlone = typed.length === answers.flags.keys.length
  return `${isAlone ? '' : ','}${members.join(',')}`
}

/** The variants of the flags that are not boolean, for the tag of an answer; empty when there are none. */
export const listTypedVariants = ({ typed }: ValuesTemplate, answers: Answers): string =>
  typed.length === 0
    ? ''
    : JSON.stringify(typed.map(({ number }) => evaluationOf(answers, number).variant))

type Content = {
  /** A JSON object, not an empty one, whose members stand behind the others. */
  readonly more?: string
  /** False leaves out the flags that are not boolean. */
  readonly hasTyped?: boolean
}

/** The body of an answer, in UTF-8: the flags, the version, and what else there is. */
export const writeValues = (
  template: ValuesTemplate,
  answers: Answers,
  { more, hasTyped = true }: Content = {},
): Uint8Array<ArrayBuffer> => {
  const { bytes, starts, typed, typedAt } = template
  const last = more === undefined ? CLOSING : utf8ToBytes(`,${more.slice(1)}`)
  const isWhole = typed.length === 0 || !hasTyped
  const end = isWhole ? bytes.length - CLOSING.length : typedAt
  const ending = isWhole
    ? last
    : concatBytes(utf8ToBytes(writeTyped(template, answers) + template.ending), last)
  const body = new Uint8Array(end + ending.length)
  body.set(bytes)
  body.set(ending, end)
  for (let flag = 0; flag < starts.length; flag++) {
    const start = starts[flag] ?? NOWHERE
    if (start !== NOWHERE && isOn(answers, flag))
      for (let i = 0; i < TRUE.length; i++) body[start + i] = TRUE[i] ?? 0
  }
  return body
}
