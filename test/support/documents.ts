import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = new URL('../..', import.meta.url).pathname

export type Block = {
  readonly language: string
  readonly code: string
  /** The HTML comment before the block: why no test runs it, or which test does. */
  readonly note: string | undefined
}

export type Document = {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  /** The text without code blocks. */
  readonly prose: string
  readonly blocks: readonly Block[]
}

const FENCE = /^([ ]*)```(\S*)[^\n]*\n(.*?)^\1```$/gms
const NOTED_FENCE =
  /(?:<!-- ((?:not run|run by)[^>]*?) -->\s*)?^[ ]*```(\S*)[^\n]*\n(.*?)^[ ]*```$/gms

const readDocument = (path: string): Document => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const blocks = Array.from(text.matchAll(NOTED_FENCE), ([, note, language = '', code = '']) => ({
    language,
    code,
    note,
  }))
  return { path, text, prose: text.replaceAll(FENCE, ''), blocks }
}

const isOurs = (path: string) => !/(^|\/)(node_modules|dist|\.wrangler)\//.test(path)

/** Paths of our own files, from the root of the repository. */
export const findFiles = (...patterns: string[]): string[] =>
  globSync(patterns, {
    cwd: ROOT,
    exclude: (name) => ['node_modules', 'dist', '.wrangler', '.git'].includes(name),
  }).filter(isOurs)

export const readDocuments = (): Document[] =>
  findFiles('*.md', 'docs/**/*.md', 'schema/*.md', 'sdk/*.md', '.github/**/*.md')
    .toSorted()
    .map(readDocument)

const withoutMarks = (heading: string) =>
  heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')

/** The anchors of a document's headings, as GitHub makes them. */
export const listAnchors = ({ prose }: Document): Set<string> =>
  new Set(
    Array.from(prose.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
      withoutMarks(heading)
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

/** The targets of links and images. */
export const listLinks = ({ prose }: Document): string[] =>
  Array.from(
    prose.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g),
    ([, link, source]) => link ?? source ?? '',
  )

/** The cells of all tables, without the lines under the headers. */
export const listCells = ({ prose }: Document): string[] =>
  prose
    .split('\n')
    .filter((line) => /^\s*\|/.test(line) && !/^[\s|:-]+$/.test(line))
    .flatMap((line) =>
      line
        .trim()
        .slice(1, -1)
        .split(/(?<!\\)\|/),
    )

/** Counts the words of a text. A code span or a link's text is what a reader sees; a sign alone is no word. */
export const countWords = (text: string): number =>
  text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/`[^`]*`/g, 'code')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word)).length

/** The sentences outside of tables and headings. A list's item and a paragraph end a sentence, too. */
export const listSentences = ({ prose }: Document): string[] =>
  prose
    .replaceAll(/<!--.*?-->|<picture>.*?<\/picture>/gs, '')
    .replaceAll(/^---\n.*?^---$/gms, '')
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/)
    .filter((part) => !/^\s*[|#]/.test(part))
    .flatMap((part) =>
      part.replaceAll(/\s+/g, ' ').split(/(?<=[.!?:][*)]*) (?=[*("“]*(?:\p{Lu}|[`[]))|: /u),
    )
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
