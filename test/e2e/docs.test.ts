import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocuments, ROOT } from '../support/documents.ts'
import { freePort, run, type Running } from '../support/server-process.ts'

/*
 * The commands and programs of the documents, as they stand, against a new `npm start` with its demo data. A block
 * that cannot run here says so in an HTML comment. sdk-packed.test.ts runs the programs of the SDK's page.
 */

const documents = readDocuments().filter(({ path }) => path !== 'sdk/README.md')

const execute = promisify(execFile)
const cache = join(ROOT, 'node_modules/.cache')

let server: Running
let place: string
beforeAll(async () => {
  await mkdir(cache, { recursive: true })
  // Inside of the repository, so that a program finds its packages.
  place = await mkdtemp(join(cache, 'docs-'))
  server = run([process.execPath, 'worker/local/start.ts'], await freePort(), {
    STATE_DIR: join(place, 'state'),
  })
  await server.up()
})
afterAll(async () => {
  server?.end()
  await server?.ended
  await rm(place, { recursive: true, force: true })
})

const toCode = (code: string) => code.replaceAll(/(?:http:\/\/)?localhost:8787/g, server.url)

const runShell = async (code: string): Promise<string> => {
  const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', toCode(code)], { cwd: place })
  return stdout
}

const runProgram = async (code: string): Promise<string> => {
  const file = join(place, 'program.mjs')
  await writeFile(file, toCode(code))
  const { stdout } = await execute(process.execPath, [file], { timeout: 20_000 })
  return stdout
}

/** Without blanks, and with any number as 0: versions differ from run to run. */
const toComparable = (text: string) => text.replaceAll(/\s/g, '').replaceAll(/\d+/g, '0')

/** The answers that a block shows behind `#`, in the parts between `…`, which stands for anything. */
const listShownAnswers = (code: string): string[][] =>
  Array.from(code.matchAll(/^# (\{.*)$/gm), ([, shown = '']) => toComparable(shown).split('…'))

/** The rest of a text after all these parts in their order. Undefined when one is missing. */
const findInOrder = (text: string, parts: readonly string[]): string | undefined =>
  parts.reduce<string | undefined>((rest, part) => {
    const at = rest?.indexOf(part) ?? -1
    return at < 0 ? undefined : rest?.slice(at + part.length)
  }, text)

const programs = documents.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language, note }) => ['sh', 'js'].includes(language) && note === undefined)
    .map(({ language, code }, index) => ({ path, language, code, number: index + 1 })),
)

describe('Documents', () => {
  it.each(programs)('$path: program $number in $language runs as shown', async (program) => {
    const output = await (program.language === 'sh' ? runShell : runProgram)(program.code)
    expect(output).not.toBe('')
    expect(output).not.toContain('"errorCode"')
    for (const shown of listShownAnswers(program.code))
      expect(findInOrder(toComparable(output), shown)).toBe('')
  })

  it('docs/http-api.md: lists exactly the operations of /openapi.json', async () => {
    const { paths } = await server.ask<{ paths: Record<string, object> }>('GET', '/openapi.json')
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const page = documents.find(({ path }) => path === 'docs/http-api.md')
    const listed = page?.prose.match(/(?<=`)(?:GET|POST|PUT|PATCH|DELETE) \/[^`?]*(?=`)/g) ?? []
    const own = ['GET /openapi.json']
    expect([...new Set(listed)].filter((each) => !own.includes(each)).toSorted()).toEqual(
      operations.toSorted(),
    )
  })
})
