import type { Browser, Page, Request } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { CLIENT } from '../support/credentials.ts'
import { bundleForBrowser, servePages, type Page as ServedPage } from '../support/page-server.ts'
import { setFlag } from '../support/published.ts'
import { getOrigin } from '../support/origin.ts'

/*
 * Frames and tabs of one origin in Chromium, against a service that speaks HTTP/1.1. Chromium opens six connections to
 * such a host, so eight streams would leave none for reads.
 */

const FRAMES = 8
const ON = { enabled: true, rollout: 100 }
const OFF = { enabled: false, rollout: 100 }

const html = (body: string): ServedPage => ({ type: 'text/html', body })

let browser: Browser
let server: Awaited<ReturnType<typeof servePages>>

beforeAll(async () => {
  const script = await bundleForBrowser('test/pages/client-page.ts')
  const settings = JSON.stringify({ url: getOrigin(), key: CLIENT })
  server = await servePages(
    new Map([
      ['/page.js', { type: 'text/javascript', body: script }],
      [
        '/frame',
        html(
          `<script>window.settings = ${settings}</script><script type="module" src="/page.js"></script>`,
        ),
      ],
      ['/', html('<iframe src="/frame"></iframe>'.repeat(FRAMES))],
    ]),
  )
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})
beforeEach(() => setFlag('tabs.on', ON))

const isStream = (request: Request) => request.url().includes('/v1/stream')

/** Counts the streams that are open in a page. */
const countStreams = (page: Page) => {
  const open = new Set<Request>()
  page.on('request', (request) => isStream(request) && open.add(request))
  page.on('requestfailed', (request) => open.delete(request))
  page.on('requestfinished', (request) => open.delete(request))
  return () => open.size
}

const openFrames = async () => {
  const page = await (await browser.newContext()).newPage()
  const getStreams = countStreams(page)
  await page.goto(server.origin)
  const frames = page.frames().slice(1)
  for (const frame of frames) await frame.waitForFunction('window.flags')
  return { page, frames, getStreams }
}

const subscribe = `(() => {
  const user = { userId: 'tabs' }
  window.flags.subscribe(user, () => {})
  window.peek = () => window.flags.peek(user)?.flags['tabs.on']
})()`

it('Stream: eight frames share one stream, and every read and flush is answered', async () => {
  const { page, frames, getStreams } = await openFrames()
  expect(frames).toHaveLength(FRAMES)
  for (const frame of frames) await frame.evaluate(subscribe)
  for (const frame of frames) await expect.poll(() => frame.evaluate('window.peek()')).toBe(true)
  await expect.poll(getStreams).toBe(1)
  const answers = await Promise.all(
    frames.map((frame, index) =>
      frame.evaluate(`(async () => {
        const user = { userId: 'tabs-${index}' }
        const value = await window.flags.getFlag(user, 'tabs.on')
        window.flags.track(user, 'event.viewed')
        return [value, await window.flags.flush()]
      })()`),
    ),
  )
  expect(answers).toEqual(frames.map(() => [true, true]))

  await setFlag('tabs.on', OFF)
  await Promise.all(
    frames.map((frame) => expect.poll(() => frame.evaluate('window.peek()')).toBe(false)),
  )
  expect(getStreams()).toBe(1)
  await page.context().close()
})

it('Stream: another frame opens it when the frame that held it is gone', async () => {
  const { page, frames, getStreams } = await openFrames()
  for (const frame of frames) await frame.evaluate(subscribe)
  await expect.poll(getStreams).toBe(1)
  for (let removed = 0; removed < FRAMES - 1; removed++) {
    await page.evaluate(`document.querySelector('iframe').remove()`)
    await expect.poll(getStreams).toBe(1)
  }
  const [last] = page.frames().slice(1)
  await expect.poll(getStreams).toBe(1)
  await setFlag('tabs.on', OFF)
  await expect.poll(() => last?.evaluate('window.peek()')).toBe(false)
  await page.context().close()
})

it('Stream: two tabs of one browser share one stream', async () => {
  const context = await browser.newContext()
  const tabs = [await context.newPage(), await context.newPage()]
  const counts = tabs.map(countStreams)
  for (const tab of tabs) {
    await tab.goto(`${server.origin}/frame`)
    await tab.waitForFunction('window.flags')
    await tab.evaluate(subscribe)
    await expect.poll(() => tab.evaluate('window.peek()')).toBe(true)
  }
  const total = () => counts.reduce((sum, count) => sum + count(), 0)
  await expect.poll(total).toBe(1)
  await setFlag('tabs.on', OFF)
  for (const tab of tabs) await expect.poll(() => tab.evaluate('window.peek()')).toBe(false)
  expect(total()).toBe(1)
  await context.close()
})
