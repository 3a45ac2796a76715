import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../..')

/** A module and all that it imports, as one script for a browser. */
export const bundleForBrowser = async (entry: string): Promise<string> => {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', importSource: 'react', development: false } },
    build: { write: false, target: 'es2022', rolldownOptions: { input: resolve(root, entry) } },
  })
  if (Array.isArray(built) || !('output' in built)) throw new Error('one output was expected')
  const [{ code }] = built.output
  return code
}

export type Page = { readonly type: string; readonly body: string }

export const renderPage = (setup: unknown, rendered = ''): Page => ({
  type: 'text/html',
  body: `<!doctype html><meta charset="utf-8"><title>Shop</title><div id="root">${rendered}</div>
<script>window.setup = ${JSON.stringify(setup).replaceAll('<', '\\u003c')}</script>
<script type="module" src="/page.js"></script>`,
})

/** Serves pages by their paths, from an origin that is not the service's. */
export const servePages = async (pages: Map<string, Page>) => {
  const server = createServer((request, response) => {
    const page = pages.get(new URL(request.url ?? '/', 'http://localhost').pathname)
    response.writeHead(page ? 200 : 404, {
      'Content-Type': `${page?.type ?? 'text/plain'};charset=utf-8`,
    })
    response.end(page?.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
