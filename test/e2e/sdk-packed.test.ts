import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { serveExample } from '../example/serve.ts'
import { adminApi, putFlag } from '../support/admin-api.ts'
import { openFaultyProxy } from '../support/faulty-proxy.ts'
import { launchChromium } from '../support/chromium.ts'
import { ADMIN, VIEWER } from '../support/credentials.ts'
import { installPacked, readSnippets, run, type PackedProject } from '../support/packed-project.ts'
import { servePages } from '../support/page-server.ts'

/*
 * `@indietix/flags` as its users get it: packed, installed into an empty project elsewhere, the README's snippets in it.
 */

const BUDGET_BYTES = 5_000
const BUDGET_WITH_MODULE_BYTES = 5 * 1024

let project: PackedProject
beforeAll(async () => {
  project = await installPacked()
  for (const [name, code] of await readSnippets(inject('origin'))) await project.write(name, code)
}, 300_000)
afterAll(() => project?.remove())

/** A file of the project and all that it imports, as an app's bundler makes it. */
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

describe('the package', () => {
  it('holds what runs, its types and its README, and nothing else', () => {
    expect(project.files).toEqual(
      expect.arrayContaining(['README.md', 'dist/index.js', 'dist/index.d.ts']),
    )
    expect(
      project.files.filter((path) => !/^(dist\/.*|README\.md|package\.json)$/.test(path)),
    ).toEqual([])
  })

  it.for([
    ['createFlagsClient', BUDGET_BYTES],
    [
      'assignVariant, configureFlags, createFlagsClient, flush, getAllFlags, getFlag, getVariant, identify, logExposure, track',
      BUDGET_WITH_MODULE_BYTES,
    ],
  ] as const)(
    'an app that uses %s gets no more than %d bytes of it',
    async ([names, budget], { annotate }) => {
      await project.write('size.ts', `export { ${names} } from '@indietix/flags'`)
      const bytes = gzipSync(await bundle('size.ts'), { level: 9 }).length
      await annotate(`${bytes} bytes gzipped`)
      expect(bytes).toBeLessThan(budget)
    },
  )

  it('does nothing when it is imported', async () => {
    await project.write('nothing.ts', "import '@indietix/flags'\nimport '@indietix/flags/evaluate'")
    expect((await bundle('nothing.ts')).trim()).toBe('')
  })
})

describe('its types', () => {
  it.each(['bundler', 'nodenext'] as const)(
    'resolve (%s), and every snippet compiles',
    async (resolution) => {
      const names = ['page.ts', 'app.tsx', 'evaluate.ts', 'sign-in.ts', 'token.ts']
      expect(await project.compile(names, resolution)).toBe('')
      expect(await project.compile(['server.ts'], resolution, ['node'])).toBe('')
      expect(await project.compile(['worker.ts'], resolution, ['@cloudflare/workers-types'])).toBe(
        '',
      )
    },
  )

  it('refuse what makes no sense', async () => {
    await project.write(
      'wrong.ts',
      `import { createFlagsClient, getFlag, track } from '@indietix/flags'
// @ts-expect-error the context comes first
await getFlag('booking.enabled', { userId: 'u' })
// @ts-expect-error a user id is a string
await getFlag({ userId: 42 }, 'booking.enabled')
// @ts-expect-error a default is a boolean
await getFlag({}, 'booking.enabled', 'yes')
// @ts-expect-error a key is needed
createFlagsClient({ url: 'https://flags.example' })
// @ts-expect-error an event has a type
track({ userId: 'u' })
`,
    )
    expect(await project.compile(['wrong.ts'])).toBe('')
  })
})

const generate = (...args: string[]) =>
  run(project.path, 'npx', ['--offline', 'indietix-flags', 'types', ...args])

describe('typed keys', () => {
  it('are written by npx, and a typo does not compile', async () => {
    await putFlag('typed.flag', { enabled: true })
    const made = generate('--url', inject('origin'), '--token', VIEWER)
    expect(made.output).toMatch(/^flags\.d\.ts: \d+ flags, \d+ experiments/)
    const text = await project.read('flags.d.ts')
    expect(text).toContain('"typed.flag": boolean')
    expect(text).toContain('"checkout-redesign": "A" | "B"')
    await project.write(
      'typed.tsx',
      `import { createFlagsClient, getFlag, getVariant, logExposure } from '@indietix/flags'
import { useFlag, useVariant } from '@indietix/flags/react'
const context = { userId: 'u' }
await getFlag(context, 'typed.flag')
// @ts-expect-error a typo
await getFlag(context, 'typed.flga')
// @ts-expect-error an experiment is no flag
await getFlag(context, 'checkout-redesign')
const variant: 'A' | 'B' | null = await getVariant(context, 'checkout-redesign')
logExposure(context, 'checkout-redesign', variant ?? 'A')
// @ts-expect-error no such variant
logExposure(context, 'checkout-redesign', 'C')
// @ts-expect-error a typo
await createFlagsClient({ url: '', key: '' }).assignVariant(context, 'checkout-redesing')
export const Page = () => {
  const isOn: boolean = useFlag('typed.flag')
  // @ts-expect-error a typo
  useFlag('typed.flga')
  const design: 'A' | 'B' | null = useVariant('checkout-redesign')
  // @ts-expect-error a typo
  useVariant('checkout-redesing')
  return <p>{String(isOn)} {design}</p>
}
`,
    )
    expect(await project.compile(['flags.d.ts', 'typed.tsx'])).toBe('')
    expect(await project.compile(['flags.d.ts', 'typed.tsx'], 'nodenext')).toBe('')
  })

  it('say what went wrong, and leave the file alone', async () => {
    await project.write('kept.d.ts', 'kept')
    const refused = generate('--url', inject('origin'), '--token', 'wrong', '--out', 'kept.d.ts')
    expect(refused).toMatchObject({ status: 1 })
    expect(refused.output).toContain('401')
    expect(
      generate('--url', 'http://127.0.0.1:9', '--token', ADMIN, '--out', 'kept.d.ts').status,
    ).toBe(1)
    expect(generate().status).toBe(2)
    expect(await project.read('kept.d.ts')).toBe('kept')
  })
})

it('the example works from another origin, and follows the service', async () => {
  await putFlag('booking.enabled', { enabled: true, rollout: 100, killSwitch: true })
  const server = serveExample().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const browser = await launchChromium()
  const page = await browser.newPage()
  const { port } = server.address() as AddressInfo
  await page.goto(`http://127.0.0.1:${port}/?url=${inject('origin')}`)
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

describe('the snippets run', () => {
  it('under Node', async () => {
    await project.write('server.js', await bundle('server.ts', ['@indietix/flags']))
    const { status, output } = run(project.path, process.execPath, ['server.js'])
    expect(output).toMatch(
      /^checkout enabled: (true|false)\nflags: \d+\nvariant: [AB]\nsent: true\n$/,
    )
    expect(status).toBe(0)
    await project.write('sign-in.js', await bundle('sign-in.ts', ['@indietix/flags']))
    expect(run(project.path, process.execPath, ['sign-in.js']).output).toBe('signed in: true\n')
    await project.write('evaluate.js', await bundle('evaluate.ts', [/^@indietix/]))
    expect(run(project.path, process.execPath, ['evaluate.js']).output).toBe(
      'evaluated: true TARGETING_MATCH\nMumbai true\nDelhi false\n',
    )
  })

  it('in Chromium, on a page of another origin', async () => {
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

  it('inside a Worker, which sends what it logs after its answer', async () => {
    const proxy = await openFaultyProxy(inject('origin'))
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
