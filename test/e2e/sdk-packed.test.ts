import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { transform } from 'esbuild'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveExample } from '../example/serve.ts'
import { adminApi, putFlag } from '../support/admin-api.ts'
import { openFaultyProxy } from '../support/faulty-proxy.ts'
import { launchChromium } from '../support/chromium.ts'
import { ADMIN, SERVER, VIEWER } from '../support/credentials.ts'
import { getOrigin } from '../support/origin.ts'
import { installPacked, readSnippets, run, type PackedProject } from '../support/packed-project.ts'
import { servePages } from '../support/page-server.ts'
import { describeModules } from './packed-modules.ts'

/* The package `@indietix/flags` as npm packs it, installed in an empty project with the snippets of its README. */

let project: PackedProject
beforeAll(async () => {
  project = await installPacked()
  for (const [name, code] of await readSnippets(getOrigin())) await project.write(name, code)
}, 300_000)
afterAll(() => project?.remove())

/** Bundles a file of the project with its imports, as the bundler of an app does. */
const bundle = async (name: string, external: (string | RegExp)[] = []) => {
  const built = await build({
    root: project.path,
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', importSource: 'react', development: false } },
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: {
        input: resolve(project.path, name),
        external,
        preserveEntrySignatures: 'strict',
      },
    },
  })
  if (Array.isArray(built) || !('output' in built)) throw new Error('one output was expected')
  return built.output.map((each) => ('code' in each ? each.code : '')).join('')
}

const readModules = (pattern: RegExp) =>
  Promise.all(
    project.files
      .filter((path) => pattern.test(path))
      .map((path) => project.read(`node_modules/@indietix/flags/${path}`)),
  )

describe('Package', () => {
  it('contains the modules, the types and the README only', () => {
    expect(project.files).toEqual(
      expect.arrayContaining(['README.md', 'dist/index.js', 'dist/index.d.ts']),
    )
    expect(
      project.files.filter(
        (path) => !/^(dist\/.*|README\.md|((react|evaluate|server)\/)?package\.json)$/.test(path),
      ),
    ).toEqual([])
  })

  it('keeps the evaluator out of an app that uses the client only', async () => {
    await project.write('client.ts', `export { createFlagsClient } from '@indietix/flags'`)
    await project.write('local.ts', `export { evaluateFlag } from '@indietix/flags'`)
    const MURMUR_CONSTANT = /0xcc9e2d51|3432918353/i
    expect(await bundle('local.ts')).toMatch(MURMUR_CONSTANT)
    expect(await bundle('client.ts')).not.toMatch(MURMUR_CONSTANT)
  })

  it('has no evaluator in a build for pages, also without code splitting', async () => {
    const forPages = await readModules(/^dist\/page\/[^/]+\.js$/)
    expect(forPages.length).toBeGreaterThan(0)
    expect(forPages.join('')).not.toMatch(/import\(/)
    expect((await readModules(/^dist\/[^/]+\.js$/)).join('')).toMatch(/import\("\.\/local-bundles/)
  })

  it('leaves no code in a bundle that only imports it', async () => {
    await project.write('nothing.ts', "import '@indietix/flags'\nimport '@indietix/flags/evaluate'")
    expect((await bundle('nothing.ts')).trim()).toBe('')
  })
})

describeModules(() => project)

/** Built-ins after ES2020. React Native, older browsers and Jest environments lack some of them. */
const NEW_BUILTINS = {
  'Array.prototype': [
    'at',
    'findLast',
    'findLastIndex',
    'toReversed',
    'toSorted',
    'toSpliced',
    'with',
  ],
  'String.prototype': ['at', 'replaceAll', 'isWellFormed', 'toWellFormed'],
  Object: ['hasOwn', 'groupBy'],
  Promise: ['any', 'withResolvers', 'try'],
  AbortSignal: ['any', 'timeout'],
  globalThis: ['structuredClone', 'WeakRef', 'AggregateError', 'Iterator', 'scheduler'],
  'crypto.__proto__': ['randomUUID'],
  'Set.prototype': ['union', 'difference', 'intersection', 'isSubsetOf'],
}

describe('Package in an old engine', () => {
  it('has no syntax after ES2020', async () => {
    const names = project.files.filter((path) => /^dist\/.*\.js$/.test(path) && !/bin/.test(path))
    expect(names.length).toBeGreaterThan(2)
    for (const name of names) {
      const code = await project.read(`node_modules/@indietix/flags/${name}`)
      const old = await transform(code, { target: 'es2020' })
      const newest = await transform(code, { target: 'esnext' })
      expect([name, old.code]).toEqual([name, newest.code])
    }
  })

  it('works without the built-ins after ES2020', async () => {
    const removals = Object.entries(NEW_BUILTINS).flatMap(([owner, names]) =>
      names.map((name) => `delete ${owner}[${JSON.stringify(name)}]`),
    )
    await project.write(
      'old-engine.js',
      `const bundle = { flags: { on: true }, variants: { test: 'A' }, version: 1, staleTime: 30, stream: '/s' }
// Node's own Response and Headers use new built-ins.
const answer = (body, status) => ({ status, headers: { get: () => null }, text: async () => JSON.stringify(body) })
globalThis.fetch = async (url, init) => {
  const sent = JSON.parse(init.body)
  const items = sent.exposures ?? sent.events ?? []
  return url.includes('/v1/bundle')
    ? answer(bundle, 200)
    : answer({ accepted: items.length, duplicates: 0, rejected: [] }, 202)
}
${removals.join('\n')}
const flags = await import('@indietix/flags')
const evaluate = await import('@indietix/flags/evaluate')
const context = { userId: 'u', category: ['b', 'a'], categories: ['c'] }
const client = flags.createFlagsClient({ url: 'https://flags.test', key: 'k' })
const flag = { key: 'a', enabled: true, rollout: 50, rules: { cities: ['Mumbai'], allowList: ['u'] } }
const compiled = evaluate.compile({ flags: [flag] })
console.log(
  await client.getFlag(context, 'on'),
  await client.getVariant(context, 'test'),
  client.logExposure(context, 'test', 'A'),
  client.track(context, 'event.viewed'),
  await client.flush(),
  client.status(context).state,
  evaluate.evaluateFlag(flag, context),
  evaluate.isOn(evaluate.evaluateAll(compiled, context), 'a'),
)
await client.close()
`,
    )
    const { output } = run(project.path, process.execPath, ['old-engine.js'])
    expect(output).toBe('true A true true true ready true true\n')
  })
})

describe('Package types', () => {
  it.each(['bundler', 'nodenext'] as const)(
    'compile every snippet of the README with module resolution %s',
    async (resolution) => {
      const names = [
        'local-evaluation.ts',
        'page.ts',
        'app.tsx',
        'evaluate.ts',
        'sign-in.ts',
        'token.ts',
      ]
      expect(await project.compile(names, resolution)).toBe('')
      expect(await project.compile(['server.ts'], resolution, ['node'])).toBe('')
      expect(await project.compile(['worker.ts'], resolution, ['@cloudflare/workers-types'])).toBe(
        '',
      )
    },
  )
})

const generate = (...args: string[]) =>
  run(project.path, 'npx', ['--offline', 'indietix-flags', 'types', ...args])

describe('indietix-flags types', () => {
  it('writes the keys, and a typo does not compile', async () => {
    await putFlag('typed.flag', { enabled: true })
    const made = generate('--url', getOrigin(), '--token', VIEWER)
    expect(made.output).toMatch(/^flags\.d\.ts: \d+ flags, \d+ experiments/)
    const text = await project.read('flags.d.ts')
    expect(text).toContain('"typed.flag": boolean')
    expect(text).toContain('"checkout-redesign": "A" | "B"')
    await project.write(
      'typed.ts',
      `import { getFlag, getVariant } from '@indietix/flags'
await getFlag({}, 'typed.flag')
// @ts-expect-error -- a typo; test/types has the other cases
await getFlag({}, 'typed.flga')
const variant: 'A' | 'B' | null = await getVariant({}, 'checkout-redesign')
console.log(variant)
`,
    )
    expect(await project.compile(['flags.d.ts', 'typed.ts'])).toBe('')
    expect(await project.compile(['flags.d.ts', 'typed.ts'], 'nodenext')).toBe('')
  })

  it('prints the error and keeps the file when the service refuses', async () => {
    await project.write('kept.d.ts', 'kept')
    const refused = generate('--url', getOrigin(), '--token', 'wrong', '--out', 'kept.d.ts')
    expect(refused).toMatchObject({ status: 1 })
    expect(refused.output).toContain('401')
    expect(
      generate('--url', 'http://127.0.0.1:9', '--token', ADMIN, '--out', 'kept.d.ts').status,
    ).toBe(1)
    expect(generate().status).toBe(2)
    expect(await project.read('kept.d.ts')).toBe('kept')
  })
})

it('Example: works from another origin and follows a change', async () => {
  await putFlag('booking.enabled', { enabled: true, rollout: 100, killSwitch: true })
  const server = serveExample().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const browser = await launchChromium()
  const page = await browser.newPage()
  const { port } = server.address() as AddressInfo
  await page.goto(`http://127.0.0.1:${port}/?url=${getOrigin()}`)
  await expect.poll(() => page.locator('#booking').textContent()).toBe('open')
  await expect.poll(() => page.locator('#checkout').textContent()).toMatch(/^[AB]$/)
  await putFlag('booking.enabled', { enabled: false, killSwitch: true })
  await expect
    .poll(() => page.locator('#booking').textContent(), { timeout: 20_000 })
    .toBe('closed')
  await page.getByRole('button', { name: 'Book' }).click()
  await page.getByText(/Booked with checkout [AB], and the service knows/).waitFor()
  await putFlag('booking.enabled', { enabled: true, rollout: 100, killSwitch: true })
  await browser.close()
  server.closeAllConnections()
  server.close()
})

const isOpen = async () => {
  const { enabled } = await (
    await adminApi('GET', '/api/flags/booking.enabled')
  ).json<{ enabled: boolean }>()
  return enabled
}

const readSnapshotAge = async () => {
  const answer = await fetch(`${getOrigin()}/v1/snapshot`, {
    headers: { Authorization: `Bearer ${SERVER}` },
  })
  await answer.body?.cancel()
  return Number(answer.headers.get('X-Snapshot-Age'))
}

describe('README snippets', () => {
  it('run in Node', async () => {
    await project.write('server.js', await bundle('server.ts', ['@indietix/flags']))
    const { status, output } = run(project.path, process.execPath, ['server.js'])
    expect(output).toMatch(
      /^checkout enabled: (true|false)\nflags: \d+\nvariant: [AB]\nsent: true\n$/,
    )
    expect(status).toBe(0)
    await project.write('local.js', await bundle('local-evaluation.ts', ['@indietix/flags']))
    const local = run(project.path, process.execPath, ['local.js'])
    expect(local.output).toBe(`ready: true\nusers who can book: ${(await isOpen()) ? 1_000 : 0}\n`)
    expect(await project.read('flags-snapshot.json')).toContain('"booking.enabled"')
    await project.write('sign-in.js', await bundle('sign-in.ts', ['@indietix/flags']))
    expect(run(project.path, process.execPath, ['sign-in.js']).output).toBe('signed in: true\n')
    await project.write('evaluate.js', await bundle('evaluate.ts', [/^@indietix/]))
    expect(run(project.path, process.execPath, ['evaluate.js']).output).toBe(
      'evaluated: true TARGETING_MATCH\nMumbai true\nDelhi false\n',
    )
  })

  it('run in Chromium on a page of another origin', async () => {
    await project.write(
      'main.tsx',
      `import './page'
import { createRoot } from 'react-dom/client'
import { App } from './app'
createRoot(document.querySelector('#root')!).render(<App />)`,
    )
    const server = await servePages(
      new Map([
        [
          '/',
          {
            type: 'text/html',
            body: '<div id="root"></div><script type="module" src="/main.js"></script>',
          },
        ],
        ['/main.js', { type: 'text/javascript', body: await bundle('main.tsx') }],
      ]),
    )
    const browser = await launchChromium()
    const page = await browser.newPage()
    const wrong: unknown[] = []
    page.on('pageerror', (error) => wrong.push(error))
    await page.goto(server.origin)
    await page.locator(`body[data-booking=${(await isOpen()) ? 'open' : 'closed'}]`).waitFor()
    await page.getByText(/^Checkout [AB]$/).waitFor()
    expect(wrong).toEqual([])
    await browser.close()
    await server.close()
  })

  it('run in a Worker, which sends its items after the answer', async () => {
    const proxy = await openFaultyProxy(getOrigin())
    const code = (await readSnippets(proxy.origin)).get('worker.ts') ?? ''
    await project.write('worker.ts', code)
    const worker = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script: await bundle('worker.ts', [/^cloudflare:/]),
        compatibilityDate: '2026-11-01',
        cf: false,
      }),
    )
    const ask = async (user: string) =>
      (await worker.dispatchFetch(`http://shop.test/?user=${user}`)).json()
    // The age of an answer at the edge counts: an idle service verifies its snapshot behind the first answer.
    await expect.poll(readSnapshotAge, { timeout: 20_000 }).toBeLessThan(5)
    const first = await ask('in-worker')
    expect(first).toEqual({ isOpen: await isOpen(), variant: expect.stringMatching(/^[AB]$/) })
    expect(await Promise.all(Array.from({ length: 10 }, () => ask('in-worker')))).toEqual(
      Array.from({ length: 10 }, () => first),
    )
    await expect.poll(() => proxy.sent.size, { timeout: 20_000 }).toBe(11)
    expect(proxy.paths.filter((path) => path.startsWith('/v1/bundle'))).toHaveLength(1)
    expect(proxy.paths.filter((path) => path.endsWith('/assign'))).toHaveLength(1)
    await worker.dispose()
    await proxy.close()
  })
})
