import { beforeAll, describe, expect, it } from 'vitest'
import { routes as allRoutes } from '../../worker/app.ts'
import { json, seedKeys, send } from '../support/api.ts'
import { listOperations, readDocument, type Document } from '../support/openapi.ts'

const read: { document: Document } = {
  document: {
    openapi: '',
    info: {},
    paths: {},
    components: { schemas: {}, parameters: {}, headers: {}, securitySchemes: {} },
  },
}
beforeAll(async () => {
  await seedKeys()
  read.document = await readDocument()
})

/** Design, section 6. PATCH is `flags.update`. A new operation needs a line here. */
const operationIds = [
  'adminStream',
  'audit.list',
  'audit.revert',
  'bundle',
  'events.log',
  'experiments.archive',
  'experiments.assign',
  'experiments.create',
  'experiments.delete',
  'experiments.get',
  'experiments.getVariant',
  'experiments.health',
  'experiments.launch',
  'experiments.list',
  'experiments.metrics',
  'experiments.metricsCsv',
  'experiments.pause',
  'experiments.rows',
  'experiments.stop',
  'experiments.unarchive',
  'experiments.update',
  'explain',
  'explain.callers',
  'export',
  'exposures.log',
  'flags.breakGlass',
  'flags.delete',
  'flags.evaluate',
  'flags.get',
  'flags.list',
  'flags.set',
  'flags.update',
  'health',
  'identify',
  'import',
  'keys.create',
  'keys.list',
  'keys.revoke',
  'keys.update',
  'me',
  'members.delete',
  'members.list',
  'members.set',
  'ofrep.evaluate',
  'ofrep.evaluateAll',
  'sampleSize',
  'segments.delete',
  'segments.get',
  'segments.list',
  'segments.set',
  'segments.update',
  'session.create',
  'session.delete',
  'snapshot',
  'stream',
  'users.delete',
  'users.deleteByBody',
]

describe('/openapi.json', () => {
  it('the document is OpenAPI 3.1 and needs no credential', async () => {
    const answer = await send('GET', '/openapi.json')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Content-Type')).toBe('application/json')
    expect(await json(answer)).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: expect.any(String), version: expect.any(String) },
    })
  })

  it('the document has exactly the operations of the design', () => {
    const ids = listOperations(read.document).map(({ operationId }) => operationId)
    expect(ids.toSorted()).toEqual(operationIds)
  })

  it('the document describes every route and nothing else', () => {
    const routes = allRoutes
      .filter(({ method }) => method !== 'ALL' && method !== 'OPTIONS')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((route) => route !== 'GET /openapi.json')
    const described = listOperations(read.document).map(({ method, path }) => `${method} ${path}`)
    expect(new Set(described)).toEqual(new Set(routes))
    expect(described).toHaveLength(new Set(described).size)
  })

  it('every reference resolves within the document', () => {
    const text = JSON.stringify(read.document)
    const references = Array.from(text.matchAll(/"\$ref":"([^"]+)"/g), ([, name = '']) => name)
    expect(references.length).toBeGreaterThan(10)
    const { components } = read.document
    const there = Object.entries(components).flatMap(([kind, entries]) =>
      Object.keys(entries).map((name) => `#/components/${kind}/${name}`),
    )
    for (const reference of references) expect(there).toContain(reference)
  })

  it('every component is referenced', () => {
    const text = JSON.stringify(read.document)
    const { securitySchemes: _, ...referable } = read.document.components
    for (const [kind, entries] of Object.entries(referable)) {
      expect(Object.keys(entries)).not.toEqual([])
      for (const name of Object.keys(entries))
        expect(text).toContain(`"$ref":"#/components/${kind}/${name}"`)
    }
  })

  it('every parameter of a path is declared', () => {
    for (const { path, parameters } of listOperations(read.document)) {
      const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
      const declared = parameters.filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(inPath)
      expect(declared.every(({ required }) => required)).toBe(true)
    }
  })

  it('every answer has a description, and every error the one error body', () => {
    for (const { operationId, responses } of listOperations(read.document))
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description).not.toBe('')
        const isRefusal = Number(status) >= 400 && operationId !== 'health'
        expect(JSON.stringify(content ?? '').includes('ErrorBody')).toBe(isRefusal)
      }
  })

  it('only health, sign-in and sign-out need no credential', () => {
    const open = listOperations(read.document).filter(({ security }) => security.length === 0)
    expect(open.map(({ operationId }) => operationId)).toEqual([
      'health',
      'session.create',
      'session.delete',
    ])
    const schemes = Object.keys(read.document.components.securitySchemes)
    const used = listOperations(read.document).flatMap(({ security }) =>
      security.flatMap(Object.keys),
    )
    expect(new Set(used)).toEqual(new Set(schemes))
  })

  it('every admin operation documents its refusals: no token, and too small a role', () => {
    const admin = listOperations(read.document).filter(
      ({ path, security }) => path.startsWith('/api') && security.length > 0,
    )
    for (const { operationId, responses } of admin) {
      // The holder of the secret has no role.
      const refusals = operationId === 'flags.breakGlass' ? ['401', '503'] : ['401', '403', '503']
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(refusals))
    }
  })

  it('every success has a description of its own', () => {
    const told = listOperations(read.document).flatMap(({ operationId, responses }) =>
      Object.entries(responses)
        .filter(([status]) => status.startsWith('2'))
        .map(([, { description }]) => [description, operationId] as const),
    )
    const shared = Map.groupBy(told, ([description]) => description)
    for (const [description, operations] of shared) {
      expect(description.length).toBeGreaterThan(8)
      const isEvents = description.includes('Endless')
      expect(new Set(operations.map(([, id]) => id)).size).toBe(isEvents ? 2 : 1)
    }
  })

  it('Retry-After, WWW-Authenticate and X-Request-Id are documented where they are sent', () => {
    for (const { operationId, responses } of listOperations(read.document))
      for (const [status, { headers }] of Object.entries(responses)) {
        const isRefusal = operationId !== 'health'
        const names = Object.keys(headers)
        expect(names).toContain('X-Request-Id')
        expect(names.includes('Retry-After')).toBe(isRefusal && ['429', '503'].includes(status))
        expect(names.includes('WWW-Authenticate')).toBe(status === '401')
      }
  })

  it('every operation with a body documents its refusals of a body', () => {
    for (const { responses } of listOperations(read.document).filter(
      ({ requestBody }) => requestBody,
    ))
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '413', '415']))
  })
})
