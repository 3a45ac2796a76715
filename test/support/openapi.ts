import * as z from 'zod'
import { json, send } from './api.ts'

type Schema = z.core.JSONSchema.JSONSchema

type Content = Readonly<Record<string, { schema: Schema }>>

type Parameter = {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
}

type Described = {
  readonly operationId: string
  readonly summary: string
  readonly parameters: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: { 'application/json': { schema: Schema } }
  }
  readonly responses: Readonly<
    Record<
      string,
      { description: string; content?: Content; headers: Readonly<Record<string, object>> }
    >
  >
  readonly security: readonly object[]
}

export type Document = {
  readonly openapi: string
  readonly info: object
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly parameters: Readonly<Record<string, Parameter>>
    readonly headers: Readonly<Record<string, object>>
    readonly securitySchemes: Readonly<Record<string, { type: string; name?: string }>>
  }
}

export const readDocument = (): Promise<Document> => json<Document>(send('GET', '/openapi.json'))

const resolved = ({ components }: Document, parameter: Described['parameters'][number]) => {
  if (!('$ref' in parameter)) return parameter
  const found = components.parameters[parameter.$ref.replace('#/components/parameters/', '')]
  if (!found) throw new Error(`${parameter.$ref} is not in the document`)
  return found
}

/** Every operation with its method, its path and its parameters. */
export const listOperations = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      ...operation,
      parameters: operation.parameters.map((parameter) => resolved(document, parameter)),
    })),
  )

/** A documented schema, made into a validator. */
export const createValidator = ({ components }: Document, schema: Schema) => {
  const standalone: unknown = JSON.parse(
    JSON.stringify({ ...schema, $defs: components.schemas }).replaceAll(
      '"#/components/schemas/',
      '"#/$defs/',
    ),
  )
  return z.fromJSONSchema(standalone as Schema)
}

/** The documented schema of one answer, made into a validator; without a JSON body, of nothing. */
export const createAnswerValidator = (document: Document, operationId: string, status: number) => {
  const operation = listOperations(document).find((one) => one.operationId === operationId)
  const response = operation?.responses[status]
  if (!response) throw new Error(`${operationId} does not document ${status}`)
  const schema = response.content?.['application/json']?.schema
  return schema ? createValidator(document, schema) : z.undefined()
}
