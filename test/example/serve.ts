import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/*
 * Serves the example page from its own origin. The page uses the published SDK without a bundler:
 *
 *   npm start                       the service, on http://localhost:8787
 *   npm run build:sdk
 *   node test/example/serve.ts      this page, on http://localhost:8788
 */

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }

/** The file of a path: the page, or a module of the package under /flags. */
const resolveFile = (path: string): string => {
  const [, name] = /^\/flags\/([\w-]+\.js)$/.exec(path) ?? []
  return name === undefined
    ? resolve(import.meta.dirname, 'index.html')
    : resolve(import.meta.dirname, '../../sdk/dist', name)
}

export const serveExample = () =>
  createServer((request, response) => {
    const path = resolveFile(new URL(request.url ?? '/', 'http://localhost').pathname)
    const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain'
    readFile(path).then(
      (text) => response.writeHead(200, { 'Content-Type': `${type};charset=utf-8` }).end(text),
      () => response.writeHead(404).end('run `npm run build:sdk` first'),
    )
  })

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const port = Number(process.env.PORT ?? 8788)
  serveExample().listen(port, () => console.log(`http://localhost:${port}`))
}
