import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { setFlag } from '../support/published.ts'
import { installApp } from './install-app.ts'

/* Real builds of pages with the packed SDK, in Chromium. */

const ON = { enabled: true, rollout: 100 }
const OFF = { enabled: false, rollout: 100 }

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** Records each text of #checkout, before any other script runs. */
const RECORDER = `window.texts = []
new MutationObserver(() => {
  const text = document.querySelector('#checkout')?.textContent
  if (text && window.texts.at(-1) !== text) window.texts.push(text)
}).observe(document, { childList: true, subtree: true, characterData: true })`

/** Opens a page, and checks that its first text, from the server if there is one, is the only one until a change. */
const open = async (url: string) => {
  const page = await (await browser.newContext()).newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      wrong.push(message.text())
  })
  await page.context().addCookies([{ name: 'visitor', value: 'u-42', url }])
  await page.addInitScript(RECORDER)
  await page.goto(url)
  const readTexts = () => page.evaluate<string[]>('window.texts')
  return { page, wrong, readTexts }
}

const fetchText = async (url: string) =>
  (await fetch(url, { headers: { Cookie: 'visitor=u-42' } })).text()

/** React puts comments between the texts of one element. */
const readCheckout = (html: string) =>
  /id="checkout">(.*?)<\/p>/.exec(html)?.[1]?.replaceAll('<!-- -->', '')

describe('Next.js', () => {
  it('builds, renders flags on the server, hydrates without a mismatch and follows a change', async () => {
    const app = await installApp('next')
    await setFlag('booking.enabled', { ...ON, killSwitch: true })
    await setFlag('feature.new_checkout', ON)
    app.run('node_modules/.bin/next', 'build')
    const server = await app.serve('node_modules/.bin/next', 'start', '-p', 'PORT')
    const rendered = readCheckout(await fetchText(server.origin))
    expect(rendered).toMatch(/^New checkout [AB]$/)

    const { wrong, readTexts } = await open(server.origin)
    await expect.poll(readTexts).toEqual([rendered])
    await setFlag('feature.new_checkout', OFF)
    const changed = rendered?.replace('New', 'Old')
    await expect.poll(readTexts, { timeout: 40_000 }).toEqual([rendered, changed])
    expect(wrong).toEqual([])

    const edge = await (await fetch(`${server.origin}/edge?user=u-42`)).json()
    expect(edge).toEqual({ isOpen: true, variant: rendered?.at(-1) })
    await server.stop()
  })
})

describe('React Router', () => {
  it('renders flags on the server, hydrates without a mismatch and follows a change', async () => {
    const app = await installApp('react-router')
    await setFlag('booking.enabled', { ...OFF, killSwitch: true })
    app.run('node_modules/.bin/react-router', 'build')
    const server = await app.serve('node_modules/.bin/react-router-serve', 'build/server/index.js')
    expect(readCheckout(await fetchText(`${server.origin}/?user=u-42`))).toBe('Back soon')
    const { wrong, readTexts } = await open(`${server.origin}/?user=u-42`)
    await expect.poll(readTexts).toEqual(['Back soon'])
    await setFlag('booking.enabled', { ...ON, killSwitch: true })
    await expect
      .poll(readTexts, { timeout: 40_000 })
      .toEqual(['Back soon', expect.stringMatching(/^Checkout [AB]$/)])
    expect(wrong).toEqual([])
    await server.stop()
  })
})

describe('Astro', () => {
  it('reads flags in a page, and hydrates an island without a mismatch', async () => {
    const app = await installApp('astro')
    await setFlag('booking.enabled', { ...ON, killSwitch: true })
    app.run('node_modules/.bin/astro', 'build')
    const server = await app.serve('node', 'dist/server/entry.mjs')
    const html = await fetchText(`${server.origin}/?user=u-42`)
    expect(html).toContain('Booking is open')
    const rendered = readCheckout(html)
    expect(rendered).toMatch(/^Checkout [AB]$/)
    const { page, wrong, readTexts } = await open(`${server.origin}/?user=u-42`)
    await page.locator('astro-island:not([ssr])').waitFor({ state: 'attached' })
    expect(await readTexts()).toEqual([rendered])
    expect(wrong).toEqual([])
    await server.stop()
  })
})

describe('Vite', () => {
  it('builds a page that follows a change', async () => {
    const app = await installApp('vite')
    await setFlag('booking.enabled', { ...ON, killSwitch: true })
    app.run('node_modules/.bin/vite', 'build')
    const server = await app.serve('node_modules/.bin/vite', 'preview', '--port', 'PORT')
    const { page, wrong } = await open(server.origin)
    await page.getByText(/^Checkout [AB]$/).waitFor()
    await setFlag('booking.enabled', { ...OFF, killSwitch: true })
    await page.getByText('Back soon').waitFor({ timeout: 40_000 })
    expect(wrong).toEqual([])
    await setFlag('booking.enabled', { ...ON, killSwitch: true })
    await server.stop()
  })
})

describe('Service worker', () => {
  it('answers a request of its page by a flag', async () => {
    const app = await installApp('service-worker')
    await setFlag('booking.enabled', { ...ON, killSwitch: true })
    await build({
      root: app.path,
      configFile: false,
      logLevel: 'error',
      build: { lib: { entry: 'sw.ts', formats: ['es'], fileName: () => 'sw.js' } },
    })
    const script = await readFile(join(app.path, 'dist/sw.js'))
    const server = createServer((request, response) => {
      const isScript = request.url === '/sw.js'
      response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' })
      response.end(isScript ? script : '<!doctype html><title>Shop</title>')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { page, wrong } = await open(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    )
    const answer = await page.evaluate(`(async () => {
      await navigator.serviceWorker.register('/sw.js', { type: 'module' })
      await navigator.serviceWorker.ready
      if (!navigator.serviceWorker.controller)
        await new Promise((taken) => navigator.serviceWorker.addEventListener('controllerchange', taken))
      return (await fetch('/checkout?user=u-42')).json()
    })()`)
    expect(answer).toEqual({ isOpen: true, variant: expect.stringMatching(/^[AB]$/) })
    expect(wrong).toEqual([])
    await page.context().close()
    server.closeAllConnections()
    server.close()
  })
})
