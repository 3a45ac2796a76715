import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from 'vitest'
import { createFlagsClient } from '../../sdk/client.ts'
import { launchChromium } from '../support/chromium.ts'
import { CLIENT, SERVER } from '../support/credentials.ts'
import { faults, openFaultyProxy } from '../support/faulty-proxy.ts'
import { bundleForBrowser, servePages } from '../support/page-server.ts'
import { runExperiment, setFlag } from '../support/published.ts'
import { getOrigin } from '../support/origin.ts'

/*
 * A faulty proxy between the client and the service, in Chromium and in Node: the client answers from its last bundle,
 * and each item that it accepted reaches the service once.
 */

/** For what depends on other processes, on a machine that is busy. */
const PATIENT = { timeout: 40_000, interval: 20 }

let browser: Browser
let script: string
let proxy: Awaited<ReturnType<typeof openFaultyProxy>>

beforeAll(async () => {
  await setFlag('faults.on', { enabled: true, rollout: 100 })
  await runExperiment('faults-test')
  script = await bundleForBrowser('test/pages/client-page.ts')
  browser = await launchChromium()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  proxy = await openFaultyProxy(getOrigin())
})
afterEach(() => proxy.close())

/** The number of proxied items that the service has: it counts a second copy as a duplicate. */
const countDelivered = async () => {
  let delivered = 0
  for (const { path, item } of proxy.sent.values()) {
    const answer = await fetch(getOrigin() + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${CLIENT}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ [path.slice(4)]: [item] }),
    })
    delivered += (await answer.json<{ duplicates: number }>()).duplicates
  }
  return delivered
}

const servePage = (code = script) =>
  servePages(
    new Map([
      ['/page.js', { type: 'text/javascript', body: code }],
      [
        '/',
        {
          type: 'text/html',
          body: `<script>window.settings = ${JSON.stringify({ url: proxy.origin, key: CLIENT })}</script>
<script type="module" src="/page.js"></script>`,
        },
      ],
    ]),
  )

const read = (page: Page, userId: string) =>
  page.evaluate(`window.flags.getFlag({ userId: '${userId}' }, 'faults.on')`)
const log = (page: Page, userId: string) =>
  page.evaluate(`(async () => {
    const user = { userId: '${userId}' }
    const variant = await window.flags.getVariant(user, 'faults-test')
    return [window.flags.logExposure(user, 'faults-test', variant), window.flags.track(user, 'event.viewed')]
  })()`)
const problems = (page: Page) => page.evaluate('[window.rejections, window.dropped]')

it.each(faults)(
  'Client in a page: keeps its values and loses no item (%s)',
  { timeout: 120_000 },
  async (fault) => {
    const server = await servePage()
    const page = await (await browser.newContext()).newPage()
    const userId = `in-a-page-${fault}`
    await page.goto(server.origin)
    expect(await read(page, userId)).toBe(true)
    proxy.become(fault)
    expect(await log(page, userId)).toEqual([true, true])
    expect(await read(page, userId)).toBe(true)
    await page.evaluate(
      'Promise.race([window.flags.flush(), new Promise((go) => setTimeout(go, 500))])',
    )
    await page.reload()
    expect(await read(page, userId)).toBe(true)
    expect(await log(page, userId)).toEqual([true, true])
    expect(await problems(page)).toEqual([[], []])
    proxy.become(null)
    await page.reload()
    await expect
      .poll(() => page.evaluate('window.flags.flush()'), { timeout: 90_000, interval: 500 })
      .toBe(true)
    expect(proxy.sent.size).toBe(4)
    expect(await countDelivered()).toBe(4)
    expect(await read(page, userId)).toBe(true)
    expect(await problems(page)).toEqual([[], []])
    await page.context().close()
    await server.close()
  },
)

it('Client in a page: an unload right after a log loses no item', async () => {
  const server = await servePage()
  const page = await (await browser.newContext()).newPage()
  await page.goto(server.origin)
  await read(page, 'in-a-hurry')
  expect(await log(page, 'in-a-hurry')).toEqual([true, true])
  await page.goto('about:blank')
  await expect.poll(() => proxy.sent.size, { timeout: 20_000 }).toBe(2)
  await page.context().close()
  await server.close()
})

it.each(faults)(
  'Client on a server: keeps its values and loses no item (%s)',
  { timeout: 120_000 },
  async (fault) => {
    const rejections: unknown[] = []
    const onRejection = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', onRejection)
    let now = Date.now()
    const flags = createFlagsClient({ url: proxy.origin, key: SERVER, now: () => now })
    const user = { userId: `on-a-server-${fault}` }
    const variant = await flags.getVariant(user, 'faults-test')
    proxy.become(fault)
    now += 31_000
    expect(await flags.getFlag(user, 'faults.on')).toBe(true)
    expect(await flags.getFlag({ userId: `new-${fault}` }, 'faults.on', true)).toBe(true)
    expect(flags.logExposure(user, 'faults-test', variant ?? '')).toBe(true)
    expect(await flags.assignVariant(user, 'faults-test')).toEqual({ variant, isNew: false })
    await flags.flush()
    proxy.become(null)
    await expect
      .poll(
        () => {
          now += 1_000
          return flags.flush()
        },
        { timeout: 90_000 },
      )
      .toBe(true)
    const { dropped } = flags.pending()
    expect(dropped).toBe(0)
    expect(await countDelivered()).toBe(proxy.sent.size)
    expect(proxy.sent.size).toBeGreaterThan(0)
    await flags.close()
    expect(rejections).toEqual([])
    process.off('unhandledRejection', onRejection)
  },
)

it('Stream: a page notices a proxy that forwards nothing and closes nothing', async () => {
  await setFlag('faults.on', { enabled: true, rollout: 100 })
  const server = await servePage(await bundleForBrowser('test/pages/stopped-client-page.ts'))
  const page = await (await browser.newContext()).newPage()
  await page.goto(server.origin)
  await page.evaluate(`(() => {
    window.user = { userId: 'behind-a-proxy' }
    window.peek = () => window.flags.peek(window.user)?.flags['faults.on']
    window.flags.subscribe(window.user, () => {})
  })()`)
  const peek = () => page.evaluate('window.peek()')
  const countStreams = () => proxy.paths.filter((path) => path.startsWith('/v1/stream')).length
  await expect.poll(peek, PATIENT).toBe(true)
  await expect.poll(() => page.evaluate('window.heartbeats'), PATIENT).toBe(1)
  expect(countStreams()).toBe(1)
  proxy.stallStreams()
  await setFlag('faults.on', { enabled: false, rollout: 100 })
  await expect.poll(() => proxy.countWithheld(), PATIENT).toBeGreaterThan(0)
  expect(await peek()).toBe(true)
  await page.evaluate('window.pass(30_000)')
  expect(await peek()).toBe(false)
  expect(countStreams()).toBe(1)
  await page.evaluate('window.pass(40_000)')
  await expect.poll(countStreams, PATIENT).toBe(2)
  await setFlag('faults.on', { enabled: true, rollout: 100 })
  await page.context().close()
  await server.close()
})
