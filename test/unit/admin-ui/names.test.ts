import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FOREIGN, OWN } from '../../../admin-ui/shortened.ts'

/* What the build shortens must be nobody else's name: a property that a browser or the API does not know does nothing. */

const root = new URL('../../..', import.meta.url).pathname

const namesIn = (pattern: string, words: RegExp): ReadonlySet<string> =>
  new Set(
    globSync(pattern, { cwd: root })
      .filter((file) => !file.startsWith('admin-ui/dist') && !file.endsWith('shortened.ts'))
      .flatMap((file) => Array.from(readFileSync(root + file, 'utf8').matchAll(words)))
      .map(([, name = '']) => name)
      .filter((name) => OWN.test(name)),
  )

const used = namesIn('admin-ui/**/*.{ts,tsx}', /\b(\w+)/g)
const usedOf = (names: ReadonlySet<string>) => [...names].filter((name) => used.has(name))

test('no name of a browser, of JavaScript or of an element in JSX is shortened', () => {
  const declared = namesIn(
    'node_modules/{@typescript/*/lib/lib.{dom,es5,es20*}.d.ts,preact/src/*.d.ts}',
    /\b(\w+)/g,
  )
  expect(declared).toContain('isSecureContext')
  expect(declared).toContain('isInteger')
  expect(declared).toContain('onScroll')
  expect(FOREIGN).toEqual(expect.arrayContaining(usedOf(declared)))
})

test('no field of the API is shortened', () => {
  const fields = namesIn('schema/*.ts', /^ +(\w+)\??:/gm)
  expect(fields).toContain('isBucketed')
  // `isNew` is of `assign`, which the UI does not ask; here it says of something that it is to be created.
  expect(usedOf(fields)).toEqual(['isNew'])
})
