import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import type { Browser, Page as BrowserPage, Request } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFlagsClient } from '../../sdk/client.ts'
import { Shop } from '../pages/shop.tsx'
import { launchChromium } from '../support/chromium.ts'
import { CLIENT, SERVER } from '../support/credentials.ts'
import { bundleForBrowser, renderPage, servePages, type Page } from '../support/page-server.ts'
import { runExperiment, setFlag } from '../support/published.ts'
import { getOrigin } from '../support/origin.ts'

/* The hooks in React 19, built for production, in Chromium, on pages of another origin. */

const ON = { enabled: true, rollout: 100 }
const OFF = { enabled: false, rollout: 100 }

const pages = new Map<string, Page>()
let browser: Browser
let server: Awaited<ReturnType<typeof servePages>>

beforeAll(async () => {
  await setFlag('react.shop', ON)
  await setFlag('react.still', ON)
  await runExperiment('react-test')
  pages.set('/page.js', {
    type: 'text/javascript',
    body: await bundleForBrowser('test/pages/shop-page.tsx'),
  })
  server = await servePages(pages)
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

const setupFor = (userId: string) => ({ url: getOrigin(), key: CLIENT, userId })
const countRenders = (page: BrowserPage, name: string) =>
  page.evaluate<unknown[]>(`window.renders['${name}'] ?? []`)
const text = (page: BrowserPage, id: string) => page.locator(`#${id}`).textContent()

/** Opens a page in a new profile. Records its requests and errors. */
const open = async (
  path: string,
  page_: Page,
  prepare: (page: BrowserPage) => Promise<void> = async () => {},
) => {
  pages.set(path, page_)
  const page = await (await browser.newContext()).newPage()
  const asked: Request[] = []
  const wrong: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') asked.push(request)
  })
  page.on('pageerror', (error) => wrong.push(String(error)))
  await prepare(page)
  await page.goto(server.origin + path)
  const to = (name: string) => asked.filter((request) => request.url().includes(name))
  return { page, to, wrong }
}

/** Waits until the page has its first answer. */
const settled = async (page: BrowserPage) => {
  await expect.poll(() => text(page, 'count')).toMatch(/\d+/)
  await page.waitForLoadState('load')
}

/** Finds a visitor in bucket A and a user in bucket B. */
const findUsers = async (): Promise<[string, string]> => {
  const client = createFlagsClient({ url: getOrigin(), key: SERVER })
  const find = async (variant: string) => {
    for (let index = 0; ; index++) {
      const userId = `react-${variant}-${index}`
      if ((await client.getVariant({ userId }, 'react-test')) === variant) return userId
    }
  }
  return [await find('A'), await find('B')]
}

it('Hooks: ten components send one request and log one exposure', async () => {
  const { page, to, wrong } = await open('/one', renderPage(setupFor('one')))
  await settled(page)
  expect(await text(page, 'shop-9')).toBe('true')
  expect(await text(page, 'variant')).toMatch(/^[AB]$/)
  expect(to('/v1/bundle')).toHaveLength(1)
  await page.evaluate('window.flush()')
  const exposures = to('/v1/exposures').flatMap((request) => request.postDataJSON().exposures)
  expect(exposures).toEqual([
    expect.objectContaining({
      experimentKey: 'react-test',
      userId: 'one',
      variant: await text(page, 'variant'),
    }),
  ])
  expect(wrong).toEqual([])
})

it('Hooks: a pushed change renders only the components that read it', async () => {
  await setFlag('react.shop', ON)
  const { page, to } = await open('/push', renderPage(setupFor('push')))
  await settled(page)
  await expect.poll(() => text(page, 'shop-0')).toBe('true')
  const before = await Promise.all(
    ['shop-3', 'still', 'variant'].map((id) => countRenders(page, id)),
  )
  const asked = to('/v1/bundle').length
  await setFlag('react.shop', OFF)
  await expect.poll(() => text(page, 'shop-0'), { timeout: 20_000 }).toBe('false')
  expect(await text(page, 'shop-9')).toBe('false')
  const after = await Promise.all(
    ['shop-3', 'still', 'variant'].map((id) => countRenders(page, id)),
  )
  expect(after[0]).toEqual([...(before[0] ?? []), false])
  expect(after[1]).toEqual(before[1])
  expect(after[2]).toEqual(before[2])
  expect(to('/v1/bundle').length - asked).toBe(1)
})

it('Hooks: the stream brings a change while the clock stands still', async () => {
  await setFlag('react.shop', ON)
  const { page, to } = await open('/clock', renderPage(setupFor('clock')), (each) =>
    // No answer grows old on a clock that stands still, so nothing is asked for anew by itself.
    each.clock.setFixedTime(Date.now()),
  )
  await settled(page)
  await expect.poll(() => text(page, 'shop-0')).toBe('true')
  const asked = to('/v1/bundle').length
  const version = await setFlag('react.shop', OFF)
  await expect.poll(() => text(page, 'shop-0'), { timeout: 20_000 }).toBe('false')
  const since = to('/v1/bundle').slice(asked)
  expect(since.length).toBeGreaterThan(0)
  for (const request of since) expect(request.url()).toMatch(/[?]minVersion=\d+$/)
  expect(Number(since.at(-1)?.url().split('=').at(-1))).toBeGreaterThanOrEqual(version)
})

it('Hooks: without a stream the value stays until the answer is stale', async () => {
  await setFlag('react.shop', ON)
  const { page, to } = await open('/deaf', renderPage({ ...setupFor('deaf'), stream: false }))
  await settled(page)
  await expect.poll(() => text(page, 'shop-0')).toBe('true')
  const asked = to('/v1/bundle').length
  await setFlag('react.shop', OFF)
  expect(await page.evaluate('window.read("react.shop")')).toBe(true)
  expect(to('/v1/bundle')).toHaveLength(asked)
})

it('Hooks: a component that mounts again shows a change from meanwhile', async () => {
  await setFlag('react.shop', ON)
  const { page } = await open(
    '/away',
    renderPage({ ...setupFor('away'), hasQueries: true }),
    (each) => each.clock.setFixedTime(Date.now()),
  )
  await settled(page)
  await expect.poll(() => text(page, 'shop-0')).toBe('true')
  await page.evaluate('window.setOpen(false)')
  await page.locator('#closed').waitFor({ state: 'attached' })
  await setFlag('react.shop', OFF)
  await expect
    .poll(() => page.evaluate('window.read("react.shop")'), { timeout: 20_000 })
    .toBe(false)
  await page.evaluate('window.setOpen(true)')
  await expect.poll(() => text(page, 'shop-0')).toBe('false')
})

it('Hooks: a user keeps the variant of the anonymous id after the sign-in and after a reload', async () => {
  const [anonymousId, userId] = await findUsers()
  const { page, to, wrong } = await open('/sign-in', renderPage(setupFor(anonymousId)))
  await settled(page)
  await expect.poll(() => text(page, 'variant')).toBe('A')
  expect(await page.evaluate(`window.signIn('${userId}')`)).toBe(true)
  expect(await page.evaluate('window.flush()')).toBe(true)
  const exposed = to('/v1/exposures').flatMap((request) => request.postDataJSON().exposures)
  expect(exposed.map((each) => [each.userId, each.variant])).toEqual([
    [anonymousId, 'A'],
    [userId, 'A'],
  ])
  expect(await countRenders(page, 'variant')).not.toContain('B')
  expect(await page.evaluate('window.pending()')).toEqual({ waiting: 0, dropped: 0 })
  pages.set('/signed-in', renderPage(setupFor(userId)))
  await page.evaluate('localStorage.clear()')
  await page.goto(`${server.origin}/signed-in`)
  await expect.poll(() => text(page, 'variant')).toBe('A')
  expect(await countRenders(page, 'variant')).not.toContain('B')
  expect(wrong).toEqual([])
})

it('Hooks: an edit that does not change the user’s values renders nothing', async () => {
  const { page, to } = await open('/same', renderPage(setupFor('same')))
  await settled(page)
  const names = ['shop-0', 'still', 'count', 'variant']
  const before = await Promise.all(names.map((name) => countRenders(page, name)))
  const asked = to('/v1/bundle').length
  await setFlag('react.still', { ...ON, rules: { denyList: [`somebody-${Date.now()}`] } })
  await expect.poll(() => to('/v1/bundle').length, { timeout: 20_000 }).toBeGreaterThan(asked)
  await to('/v1/bundle').at(-1)?.response()
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(drawn))')
  expect(await Promise.all(names.map((name) => countRenders(page, name)))).toEqual(before)
})

it('Hooks: the first render shows the stored bundle when the service is away', async () => {
  await setFlag('react.shop', OFF)
  const { page, wrong } = await open('/again', renderPage(setupFor('again')))
  await settled(page)
  await expect.poll(() => text(page, 'shop-0')).toBe('false')
  const variant = await text(page, 'variant')
  await page.route(`${getOrigin()}/**`, (route) => route.abort())
  await page.reload()
  await page.locator('#shop-0').waitFor()
  expect((await countRenders(page, 'shop-0')).includes(true)).toBe(false)
  expect(await text(page, 'still')).toBe('true')
  expect(await countRenders(page, 'count')).not.toContain('loading')
  expect(await text(page, 'variant')).toBe(variant)
  expect(wrong).toEqual([])
})

it('Hooks: show the defaults without any answer', async () => {
  const { page, wrong } = await open(
    '/never',
    renderPage({ ...setupFor('x'), url: 'http://127.0.0.1:9' }),
  )
  await expect.poll(() => text(page, 'count'), { timeout: 20_000 }).toBe('0')
  expect(await text(page, 'shop-0')).toBe('true')
  expect(await text(page, 'variant')).toBe('none')
  expect(wrong).toEqual([])
})

const render = async (userId: string, withBundle: boolean) => {
  const client = createFlagsClient({ url: getOrigin(), key: SERVER })
  const bootstrap = withBundle ? await client.getBundle({ userId }) : undefined
  const html = renderToString(createElement(Shop, { client, userId, bootstrap }))
  await client.close()
  return renderPage({ ...setupFor(userId), bootstrap, hydrate: true }, html)
}

it('Hooks: hydrate the server’s HTML with a bootstrap, then follow changes', async () => {
  await setFlag('react.shop', OFF)
  const rendered = await render('ssr', true)
  expect(rendered.body).toContain('<p id="shop-0">false</p>')
  const { page, wrong } = await open('/ssr', rendered)
  await settled(page)
  expect(await countRenders(page, 'shop-0')).not.toContain(true)
  await setFlag('react.shop', ON)
  await expect.poll(() => text(page, 'shop-0'), { timeout: 20_000 }).toBe('true')
  expect(await page.evaluate('window.problems')).toEqual([])
  expect(wrong).toEqual([])
})

it('Hooks: a user who signs in sees no value of the previous user', async () => {
  await setFlag('react.shop', OFF)
  const { page, to } = await open('/other', await render('first', true))
  await settled(page)
  await expect.poll(() => to('/v1/bundle').length).toBeGreaterThan(0)
  await page.route('**/v1/bundle*', (route) => route.abort())
  const before = (await countRenders(page, 'shop-0')).length
  await page.evaluate(`void window.signIn('second')`)
  await expect.poll(() => text(page, 'shop-0')).toBe('true')
  expect((await countRenders(page, 'shop-0')).slice(before)).not.toContain(false)
})

it('Hooks: hydrate the server’s HTML without a bootstrap, then show the stored values', async () => {
  await setFlag('react.shop', OFF)
  const rendered = await render('bare', false)
  expect(rendered.body).toContain('<p id="shop-0">true</p>')
  const { page, wrong } = await open('/bare', rendered)
  await expect.poll(() => text(page, 'shop-0')).toBe('false')
  await page.reload()
  await expect.poll(() => text(page, 'shop-0')).toBe('false')
  expect((await countRenders(page, 'shop-0'))[0]).toBe(true)
  expect(await page.evaluate('window.problems')).toEqual([])
  expect(wrong).toEqual([])
})
