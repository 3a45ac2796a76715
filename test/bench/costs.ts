import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'

/*
 * `npm run costs`: counts the rows that each operation writes, and puts them into the table of docs/limits-and-cost.md.
 */

const PAGE = 'docs/limits-and-cost.md'
const TEST = 'test/worker/rows-written.test.ts'

const Report = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ title: z.string(), meta: z.object({ line: z.string().optional() }) }),
      ),
    }),
  ),
})

const run = (command: string, args: readonly string[]) =>
  execFileSync(join('node_modules/.bin', command), args, { stdio: 'inherit' })

/** Runs the test, which fails while the page has other numbers, and returns the lines that it counted. */
const countRows = (): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'flags-costs-'))
  const file = join(folder, 'report.json')
  const args = ['run', '--config', 'test/vitest.config.ts', '--project', 'worker', TEST]
  try {
    run('vitest', [...args, '--reporter=json', `--outputFile=${file}`])
  } catch {
    console.log('The page has other numbers. It gets those of now.')
  }
  try {
    const { testResults } = Report.parse(JSON.parse(readFileSync(file, 'utf8')))
    return testResults.flatMap(({ assertionResults }) =>
      assertionResults.flatMap(({ meta }) => meta.line ?? []),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const getOperation = (line: string) => line.split('|')[1]?.trim()

const lines = new Map(countRows().map((line) => [getOperation(line), line]))
if (lines.size === 0) throw new Error(`${TEST} counted nothing`)
const page = readFileSync(PAGE, 'utf8')
  .split('\n')
  .map((line) => (line.startsWith('|') ? (lines.get(getOperation(line)) ?? line) : line))
writeFileSync(PAGE, page.join('\n'))
run('oxfmt', [PAGE])
