import { describe, expect, it } from 'vitest'
import { ErrorBody } from '../../schema/problem.ts'
import { getOrigin } from '../support/origin.ts'

/* Whose an address is: the UI's pages are the UI's, and what is nothing is said to be nothing, never a page. */

const get = (path: string, init: RequestInit = {}) =>
  fetch(getOrigin() + path, { redirect: 'manual', ...init })

const readContentType = ({ headers }: Response) => headers.get('Content-Type')?.split(';')[0]

describe('UI pages', () => {
  it.each([
    '/settings',
    '/settings/flags',
    '/settings/flags/checkout.new_ui',
    '/settings/flags?filter=off',
    '/settings/keys/',
    '/experiments',
    '/experiments/new',
    '/experiments/%6eew',
    '/audit',
    '/audit/',
    '/settings/no-such-page',
  ])('%s is served without a redirect', async (path) => {
    const answer = await get(path)
    expect([answer.status, readContentType(answer)]).toEqual([200, 'text/html'])
    expect(answer.headers.get('Content-Security-Policy')).toContain("script-src 'self'")
    expect(await answer.text()).toContain('<script type="module"')
  })

  it('the page loads scripts and styles that exist and may be cached for ever', async () => {
    const page = await (await get('/settings/flags')).text()
    const files = Array.from(page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g), ([, file]) => file)
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) {
      const answer = await get(file ?? '')
      expect(answer.status).toBe(200)
      expect(answer.headers.get('Cache-Control')).toContain('immutable')
      expect(readContentType(answer)).not.toBe('text/html')
      await answer.body?.cancel()
    }
  })

  it('the root leads to the UI', async () => {
    const answer = await get('/')
    expect([answer.status, answer.headers.get('Location')]).toEqual([302, '/settings/flags'])
  })
})

describe('Unknown paths', () => {
  it.each([
    '/health/',
    '/healthz',
    '/v1',
    '/v1/',
    '/ofrep',
    '/openapi',
    '/openapi.json/',
    '/robots.txt',
    '/favicon.ico',
    '/assets/nope.js',
    '/assets/',
    '/settingsx',
    '/nonsense',
  ])('%s answers 404 with the error body, to a program and to a browser', async (path) => {
    for (const mode of ['cors', 'navigate']) {
      const answer = await get(path, { headers: { 'Sec-Fetch-Mode': mode } })
      expect(readContentType(answer)).toBe('application/json')
      const { errorCode } = ErrorBody.parse(await answer.json())
      expect([answer.status, errorCode]).toEqual([404, 'NOT_FOUND'])
      expect(answer.headers.get('Cache-Control')).toContain('no-store')
    }
  })

  it('an unknown path answers 404 to a POST too', async () => {
    const answer = await get('/nonsense', { method: 'POST' })
    expect([answer.status, ErrorBody.parse(await answer.json()).errorCode]).toEqual([
      404,
      'NOT_FOUND',
    ])
  })
})

it.each([
  ['/health', 200],
  ['/openapi.json', 200],
  ['/api', 401],
  ['/api/', 401],
])('The Worker answers %s', async (path, status) => {
  const answer = await get(path)
  expect([answer.status, readContentType(answer)]).toEqual([status, 'application/json'])
  await answer.body?.cancel()
})
