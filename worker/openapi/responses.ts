import { ErrorBody } from '../../schema/problem.ts'
import type { HeaderName } from './components.ts'
import { content, refer, toJsonSchema, type Json } from './json-schema.ts'
import type { Operation } from './route-docs.ts'

const refusals: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'The key or token, or a user token that the key demands, is missing or not valid',
  403: 'The role, or the key, does not allow it',
  404: 'There is no such thing',
  409: 'The state does not allow it',
  412: 'Someone was faster: the version is another',
  413: 'The body is too large',
  415: 'The body is not JSON',
  429: 'Too many requests',
  503: 'A dependency does not answer; try again',
}

/** The headers of every refusal with this status. */
const refusalHeaders: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}

const describeHeaders = (names: readonly HeaderName[]) => ({
  headers: Object.fromEntries(names.map((name) => [name, refer('headers', name)])),
})

/** Describes an answer by its schema. The summary of the operation is the default description. */
const describeAnswer = (
  components: Json,
  answer: Operation['answers'][number],
  { summary }: Operation,
): Json => {
  if (typeof answer === 'string') return { description: answer }
  if ('mediaType' in answer)
    return { description: answer.description, ...content({ type: 'string' }, answer.mediaType) }
  return {
    description: answer.description ?? summary,
    ...content(toJsonSchema(components, answer, 'output')),
  }
}

/** All answers of an operation by status: its own, and the error body. */
export const describeResponses = (
  components: Json,
  operation: Operation,
  always: readonly HeaderName[],
) => ({
  ...Object.fromEntries(
    Object.entries(operation.answers).map(([status, answer]) => [
      status,
      {
        ...describeAnswer(components, answer, operation),
        ...describeHeaders([...always, ...(operation.headers ?? [])]),
      },
    ]),
  ),
  ...Object.fromEntries(
    operation.errors.map((status) => [
      status,
      {
        description: refusals[status] ?? 'Refused',
        ...content(toJsonSchema(components, ErrorBody, 'output')),
        ...describeHeaders([...always, ...(refusalHeaders[status] ?? [])]),
      },
    ]),
  ),
})
