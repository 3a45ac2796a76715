import * as z from 'zod'
import { json, send } from './api.ts'

type Schema = z.core.JSONSchema.JSONSchema

type Described = {
  readonly operationId: string
  readonly parameters: readonly { name: string; in: string; required: boolean }[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: { 'application/json': { schema: Schema } }
  }
  readonly responses: Readonly<
    Record<string, { description: string; content?: { 'application/json': { schema: Schema } } }>
  >
  readonly security?: readonly object[]
}

export type Document = {
  readonly openapi: string
  readonly info: object
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly securitySchemes: object
  }
  readonly security: readonly object[]
}

export const readDocument = (): Promise<Document> => json<Document>(send('GET', '/openapi.json'))

/** Every operation with its method and path. */
export const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      ...operation,
    })),
  )

/** The documented schema of one answer, made into a validator; without a JSON body, of nothing. */
export const validatorOf = (document: Document, operationId: string, status: number) => {
  const operation = operationsOf(document).find((one) => one.operationId === operationId)
  const response = operation?.responses[status]
  if (!response) throw new Error(`${operationId} does not document ${status}`)
  const schema = response.content?.['application/json'].schema
  if (!schema) return z.undefined()
  const standalone: unknown = JSON.parse(
    JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll(
      '"#/components/schemas/',
      '"#/$defs/',
    ),
  )
  return z.fromJSONSchema(standalone as Schema)
}
