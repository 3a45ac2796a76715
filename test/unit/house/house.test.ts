import { describe, expect, it } from 'vitest'
import { KNOWN_LONG_FILES, KNOWN_NAMES } from './known.ts'
import { readSources } from './sources.ts'

/*
 * The house rules of CONTRIBUTING.md that no linter checks. The lists in known.ts name the files that break a rule
 * today. The lists only shrink: remove a file once it follows the rule.
 */

const MAX_LINES = 250

const product = readSources('schema', 'worker', 'sdk', 'admin-ui')
const tests = readSources('test')

/** Titles after `it(` or `test(`, and after the table of an `each`. */
const TITLE =
  /^\s*(?:(?:it|test)(?:\.\w+(?:\([^)]*\))?)*|[^'"`\n]*\](?: as const)?\))\(\s*['"`](.*)/gm
const MID_SENTENCE =
  /^(?:is|are|was|of|by|or|but|when|with|and|also|to|nor|for|in|as|if|without|what|who|whose|while|until|unless)\b/

const listMidSentenceTitles = (text: string) =>
  Array.from(text.matchAll(TITLE), ([, title = '']) => title).filter((title) =>
    MID_SENTENCE.test(title),
  )

/** Names that end in "In" or "Of" and yet say what they do. */
const PLAIN_NAME = /^oneOf$|[sS]ignIn$/

const listNames = (text: string) =>
  Array.from(
    text.matchAll(/^export (?:const|function|async function) ([a-z]\w*(?:Of|In))\b/gm),
    ([, name = '']) => name,
  ).filter((name) => !PLAIN_NAME.test(name))

/** The files that break a rule and are not on its list. */
const listNewFiles = (
  files: ReadonlyMap<string, string>,
  known: readonly string[],
  breaksRule: (text: string) => boolean,
) =>
  Array.from(files).flatMap(([path, text]) =>
    breaksRule(text) && !known.includes(path) ? [path] : [],
  )

describe('House rules', () => {
  it('a test title never begins in mid-sentence', () => {
    const found = listNewFiles(tests, [], (text) => listMidSentenceTitles(text).length > 0)
    expect(found).toEqual([])
  })

  it('a product file has at most 250 lines', () => {
    const found = listNewFiles(
      product,
      KNOWN_LONG_FILES,
      (text) => text.split('\n').length - 1 > MAX_LINES,
    )
    expect(found).toEqual([])
  })

  it('the name of an exported function begins with a verb and does not end in Of or In', () => {
    const found = listNewFiles(product, KNOWN_NAMES, (text) => listNames(text).length > 0)
    expect(found).toEqual([])
  })
})
