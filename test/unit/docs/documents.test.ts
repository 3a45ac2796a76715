import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  countWords,
  findFiles,
  listAnchors,
  listCells,
  listLinks,
  listSentences,
  readDocuments,
  ROOT,
  type Document,
} from '../../support/documents.ts'

/* Links in the documents lead somewhere, named files exist, and pages stay short. */

const documents = readDocuments()
const byPath = new Map(documents.map((document) => [document.path, document]))
/** Documents whose form is checked. The SDK's page is a reference, and its limit is its own. */
const pages = documents.filter(({ path }) => path !== 'sdk/README.md')

const MAX_README_LINES = 150
const MAX_PAGE_LINES = 199
const MAX_CELL_WORDS = 12
const MAX_SENTENCE_WORDS = 20

/** Languages of programs, and those of them that run as they stand. */
const PROGRAMS = ['sh', 'js', 'ts', 'tsx']
const RUNNABLE = ['sh', 'js']

const isExternal = (link: string) => /^[a-z]+:/.test(link)

/** Why a link leads nowhere; undefined when it leads somewhere. */
const describeBrokenLink = (from: string, link: string): string | undefined => {
  const [file = '', anchor] = link.split('#')
  const path = file === '' ? from : normalize(join(dirname(from), file))
  if (!existsSync(join(ROOT, path))) return `${link}: there is no ${path}`
  if (anchor === undefined) return undefined
  const target = byPath.get(path)
  return target && listAnchors(target).has(anchor) ? undefined : `${link}: there is no such heading`
}

/** Each document's problems, with its path in front: one line in the list of a failed test. */
const findProblems = (
  among: readonly Document[],
  find: (document: Document) => readonly string[],
): string[] =>
  among.flatMap((document) => find(document).map((problem) => `${document.path}: ${problem}`))

const listLonger = (texts: readonly string[], words: number) =>
  texts.filter((text) => countWords(text) > words)

describe('Documents', () => {
  it('every link leads to a file and a heading that exist', () => {
    const broken = findProblems(documents, (document) =>
      listLinks(document)
        .filter((link) => !isExternal(link))
        .flatMap((link) => describeBrokenLink(document.path, link) ?? []),
    )
    expect(broken).toEqual([])
  })

  it('every file that a document names exists', () => {
    expect(findProblems(documents, ({ prose }) => listMissingFiles(prose))).toEqual([])
  })

  it('every npm script that a document names exists', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const missing = findProblems(documents, ({ text }) =>
      Array.from(text.matchAll(/\bnpm run ([\w:-]+)/g), ([, name = '']) => name).filter(
        (name) => scripts[name] === undefined,
      ),
    )
    expect(missing).toEqual([])
  })

  it('a reason stands before each program that test/e2e/docs.test.ts cannot run', () => {
    const silent = findProblems(pages, ({ blocks }) =>
      blocks
        .filter(({ language, note }) => PROGRAMS.includes(language) && note === undefined)
        .filter(({ language }) => !RUNNABLE.includes(language))
        .map(({ code }) => code),
    )
    expect(silent).toEqual([])
  })

  it('a program is the text of the file that its comment names', () => {
    const different = findProblems(documents, ({ blocks }) =>
      blocks.flatMap(({ note, code }) => {
        const path = /^run by [^:]*: (\S+)$/.exec(note ?? '')?.[1]
        return path !== undefined && readFileSync(join(ROOT, path), 'utf8') !== code ? [path] : []
      }),
    )
    expect(different).toEqual([])
  })

  it('the README has at most 150 lines, and a page fewer than 200', () => {
    const long = findProblems(pages, ({ path, text }) => {
      const lines = text.trimEnd().split('\n').length
      const limit = path === 'README.md' ? MAX_README_LINES : MAX_PAGE_LINES
      return lines > limit ? [`${lines} lines, at most ${limit}`] : []
    })
    expect(long).toEqual([])
  })

  it(`a table cell has at most ${MAX_CELL_WORDS} words`, () => {
    const long = findProblems(pages, (page) => listLonger(listCells(page), MAX_CELL_WORDS))
    expect(long).toEqual([])
  })

  it(`a sentence has at most ${MAX_SENTENCE_WORDS} words`, () => {
    const long = findProblems(pages, (page) => listLonger(listSentences(page), MAX_SENTENCE_WORDS))
    expect(long).toEqual([])
  })
})

const FOLDERS = 'schema|worker|admin-ui|sdk|test|docs'
const OTHER_FILE = new RegExp(
  `(?<![\\w./@-])(?:${FOLDERS})/[\\w./-]*\\.(?:md|json|sql|css|toml|R|py)\\b`,
  'g',
)
const SOURCE_FILE = /(?<![\w./@-])[a-z][\w.-]*(?:\/[\w.-]+)*(?<!\.d)\.tsx?\b/g

const sources = findFiles('{schema,worker,admin-ui,sdk,test}/**/*.{ts,tsx,css,sql}', '*.toml')

/** Whether a text that names this file means one of ours: its whole path, or the end of it. */
const isSource = (name: string) => sources.some((path) => `/${path}`.endsWith(`/${name}`))

/** The files that a text names and that do not exist. */
const listMissingFiles = (text: string): string[] => [
  ...(text.match(OTHER_FILE) ?? []).filter((path) => !existsSync(join(ROOT, path))),
  ...(text.match(SOURCE_FILE) ?? []).filter((name) => !isSource(name)),
]

const COMMENTS: Readonly<Record<string, RegExp>> = {
  ts: /\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gs,
  sql: /--[^\n]*/g,
  toml: /#[^\n]*/g,
}

const readComments = (path: string): string => {
  const kind = /\.(sql|toml)$/.exec(path)?.[1] ?? 'ts'
  const comments = readFileSync(join(ROOT, path), 'utf8').match(COMMENTS[kind] ?? /$^/) ?? []
  return comments.join('\n')
}

it('Comments: name only files that exist', () => {
  const missing = sources.flatMap((path) =>
    listMissingFiles(readComments(path)).map((name) => `${path} names ${name}`),
  )
  expect(missing).toEqual([])
})

describe('Log events', () => {
  const events = new Set(
    findFiles('worker/**/*.ts').flatMap((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      return (
        text.match(/(?<=event: '|watch\(')[a-z_0-9]+\.[a-z_0-9]+(?=')|(?<=')alarm\.\w+(?=')/g) ?? []
      )
    }),
  )
  const headings = ['docs/operating.md', 'docs/log-events.md'].flatMap((path) =>
    Array.from(
      byPath.get(path)?.text.matchAll(/^## ([a-z_0-9]+\.[a-z_0-9]+)$/gm) ?? [],
      ([, name = '']) => name,
    ),
  )

  it('each event has a heading in the documents', () => {
    expect(events.size).toBeGreaterThan(30)
    expect([...events].filter((event) => !headings.includes(event))).toEqual([])
  })

  it('the documents name only events that the code writes', () => {
    expect(headings.filter((heading) => !events.has(heading))).toEqual([])
  })
})
