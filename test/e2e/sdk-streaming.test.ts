import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createElement } from 'react'
import { renderToPipeableStream } from 'react-dom/server'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServerFlagsClient } from '../../sdk/server.ts'
import { Streamed } from '../pages/streamed.tsx'
import { launchChromium } from '../support/chromium.ts'
import { CLIENT, SERVER } from '../support/credentials.ts'
import { bundleForBrowser } from '../support/page-server.ts'
import { runExperiment, setFlag } from '../support/published.ts'
import { getOrigin } from '../support/origin.ts'

/* A server that streams a page of React 19, and Chromium, which hydrates its parts as they arrive. */

const ON = { enabled: true, rollout: 100 }
const OFF = { enabled: false, rollout: 100 }
const context = { userId: 'streamed' }

/** Records each text of the elements with an id, before any other script runs. */
const RECORDER = `window.texts = {}
const record = () => {
  for (const { id, textContent } of document.querySelectorAll('p[id]')) {
    const texts = (window.texts[id] ??= [])
    if (texts.at(-1) !== textContent) texts.push(textContent)
  }
}
new MutationObserver(record).observe(document, { childList: true, subtree: true, characterData: true })`

let browser: Browser
let script: string
beforeAll(async () => {
  await setFlag('stream.shop', OFF)
  await setFlag('stream.still', ON)
  await runExperiment('stream-test')
  script = await bundleForBrowser('test/pages/streamed-page.tsx')
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** Serves the page. Its late part is sent when `release` is called. */
const serveStreamed = async () => {
  const client = createServerFlagsClient({ url: getOrigin(), key: SERVER, timeoutMs: 20_000 })
  const gate = Promise.withResolvers<void>()
  const render = async (response: ServerResponse) => {
    const props = {
      url: getOrigin(),
      key_: CLIENT,
      context,
      bootstrap: await client.getBundle(context),
    }
    response.writeHead(200, { 'Content-Type': 'text/html;charset=utf-8' })
    response.write(`<!doctype html><meta charset="utf-8"><title>Shop</title>
<script>window.streamed = ${JSON.stringify(props).replaceAll('<', '\\u003c')}</script><div id="root">`)
    renderToPipeableStream(createElement(Streamed, { ...props, gate: gate.promise }), {
      bootstrapModules: ['/page.js'],
    }).pipe(response)
  }
  const server = createServer((request, response) => {
    if (request.url === '/') return void render(response)
    const isScript = request.url === '/page.js'
    response.writeHead(isScript ? 200 : 404, { 'Content-Type': 'text/javascript;charset=utf-8' })
    response.end(isScript ? script : '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    release: gate.resolve,
    close: async () => {
      await client.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('Streaming', () => {
  it('shows the server’s values first, and a late part hydrates after a change without a mismatch', async () => {
    const server = await serveStreamed()
    const page = await (await browser.newContext()).newPage()
    const wrong: unknown[] = []
    page.on('pageerror', (error) => wrong.push(error))
    await page.addInitScript(RECORDER)
    await page.goto(server.origin, { waitUntil: 'commit' })
    const readText = (id: string) => page.locator(`#${id}`).textContent()

    await expect.poll(() => readText('shell'), { timeout: 20_000 }).toBe('false')
    await page.locator('#waiting').waitFor()
    await setFlag('stream.shop', ON)
    await expect.poll(() => readText('shell'), { timeout: 20_000 }).toBe('true')
    server.release()
    await expect.poll(() => readText('late'), { timeout: 20_000 }).toBe('true')

    expect(await page.evaluate('window.recovered')).toEqual([])
    expect(wrong).toEqual([])
    const variant = await readText('shell-variant')
    expect(variant).toMatch(/^[AB]$/)
    expect(await page.evaluate('window.texts')).toEqual({
      shell: ['false', 'true'],
      'shell-still': ['true'],
      'shell-variant': [variant],
      waiting: ['One moment'],
      late: ['false', 'true'],
      'late-still': ['true'],
      'late-variant': [variant],
    })
    await page.close()
    await server.close()
  })
})
