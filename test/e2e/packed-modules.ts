import { describe, expect, it } from 'vitest'
import { run, type PackedProject } from '../support/packed-project.ts'

/* Part of sdk-packed.test.ts, which packs the SDK once for all. */

const ENTRIES = ['', '/react', '/evaluate', '/server'].map((path) => `@indietix/flags${path}`)

/** Writes a file, runs it in Node, and returns its output. */
const runFile = async (
  project: PackedProject,
  name: string,
  code: string,
  options: string[] = [],
) => {
  await project.write(name, code)
  return run(project.path, process.execPath, [...options, name]).output
}

export const describeModules = (getProject: () => PackedProject) =>
  describe('Package as ES modules and as CommonJS', () => {
    it('marks the React entry as client code, and no other', async () => {
      const scripts = getProject().files.filter((path) => /^dist\/.*\.js$/.test(path))
      const marked: string[] = []
      for (const path of scripts) {
        const [line] = (await getProject().read(`node_modules/@indietix/flags/${path}`)).split('\n')
        if (line === '"use client";') marked.push(path)
      }
      expect(marked.toSorted()).toEqual([
        'dist/cjs/react.js',
        'dist/page/react.js',
        'dist/react.js',
      ])
    })

    it('exports the same names to `import` and to `require`', async () => {
      const output = await runFile(
        getProject(),
        'names.mjs',
        `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
for (const name of ${JSON.stringify(ENTRIES)}) {
  const isCommonJs = require.resolve(name).includes('/dist/cjs/')
  const names = [Object.keys(await import(name)), Object.keys(require(name))].map(String)
  console.log(isCommonJs && names[0] === names[1] && names[0].length > 0)
}`,
      )
      expect(output).toBe('true\n'.repeat(4))
    })

    it.each(['browser', 'react-native'])(
      'requires CommonJS under the condition `%s`',
      async (name) => {
        const output = await runFile(
          getProject(),
          'condition.cjs',
          `for (const name of ['', '/react'])
  console.log(require.resolve('@indietix/flags' + name).includes('/dist/cjs/'))`,
          ['--conditions', name],
        )
        expect(output).toBe('true\n'.repeat(2))
      },
    )

    it('loads by its folders, as a resolver without `exports` does', async () => {
      const folder = `${getProject().path}/node_modules/@indietix/flags`
      const output = await runFile(
        getProject(),
        'folders.cjs',
        `for (const name of ['', '/react', '/evaluate', '/server'])
  console.log(Object.keys(require(${JSON.stringify(folder)} + name)).length > 0)`,
      )
      expect(output).toBe('true\n'.repeat(4))
    })

    it('shares the module’s client and the provider between both copies', async () => {
      const output = await runFile(
        getProject(),
        'copies.mjs',
        `import { createRequire } from 'node:module'
import * as esm from '@indietix/flags'
import * as esmReact from '@indietix/flags/react'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
const require = createRequire(import.meta.url)
const cjs = require('@indietix/flags')
const cjsReact = require('@indietix/flags/react')
const client = esm.configureFlags({ url: 'http://127.0.0.1:9', key: 'k', timeoutMs: 1 })
cjs.track({ userId: 'u' }, 'event.viewed')
console.log('waiting:', client.pending().waiting)

const bootstrap = { flags: { on: true }, variants: {}, version: 1, staleTime: 30, stream: '/s' }
const Value = ({ hooks }) => String(hooks.useFlag('on'))
for (const { FlagsProvider } of [esmReact, cjsReact])
  for (const hooks of [esmReact, cjsReact])
    console.log(renderToString(createElement(FlagsProvider,
      { client, context: { userId: 'u' }, bootstrap }, createElement(Value, { hooks }))))
process.exit()`,
      )
      expect(output).toBe('waiting: 1\ntrue\ntrue\ntrue\ntrue\n')
    })

    it('reads one bundle in one render of server components, by React’s `cache`', async () => {
      const output = await runFile(
        getProject(),
        'component.mjs',
        `import { createServerFlagsClient } from '@indietix/flags/server'
import * as React from 'react'
let version = 0
const fetch = async () => ({
  status: 200,
  headers: { get: () => null },
  text: async () =>
    JSON.stringify({ flags: { odd: ++version % 2 === 1 }, variants: {}, version, staleTime: 30, stream: '/s' }),
})
const client = createServerFlagsClient({ url: 'https://flags.test', key: 'k', fetch })
const context = { userId: 'u' }
const readTwice = async () => {
  const first = await client.getFlag(context, 'odd')
  await client.refresh(context)
  return [first, await client.getFlag(context, 'odd')].join()
}
console.log('outside:', await readTwice())
for (const name of ['first', 'second']) {
  const caches = new Map()
  // React's own renderers set this for each render.
  React.__SERVER_INTERNALS_DO_NOT_USE_OR_WARN_USERS_THEY_CANNOT_UPGRADE.A = {
    getCacheForType: (create) => caches.get(create) ?? caches.set(create, create()).get(create),
  }
  console.log(name + ':', await readTwice())
}
console.log('hooks:', typeof React.useState)
process.exit()`,
        ['--conditions=react-server'],
      )
      expect(output).toBe(
        'outside: true,false\nfirst: false,false\nsecond: true,true\nhooks: undefined\n',
      )
    })

    it('has types for `require`, also with generated keys', async () => {
      await getProject().write(
        'typed.cts',
        `import flags = require('@indietix/flags')
import react = require('@indietix/flags/react')
import evaluate = require('@indietix/flags/evaluate')
const client: flags.FlagsClient = flags.createFlagsClient({ url: 'https://flags.test', key: 'k' })
const isOn: Promise<boolean> = client.getFlag({ userId: 'u' }, 'only.key')
// @ts-expect-error -- only.key is the only key
void client.getFlag({ userId: 'u' }, 'other.key')
export = { isOn, useFlag: react.useFlag, compile: evaluate.compile }
`,
      )
      await getProject().write(
        'keys.d.cts',
        `import '@indietix/flags'
declare module '@indietix/flags' {
  interface FlagKeys { 'only.key': boolean }
}
`,
      )
      expect(await getProject().compile(['typed.cts', 'keys.d.cts'], 'nodenext')).toBe('')
    })
  })
