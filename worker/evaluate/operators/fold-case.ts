const ASCII = /^[\0-\x7f]*$/

/** Whether a text is one code point. */
const isOne = (text: string): boolean =>
  text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff)

/** Characters whose folding does not follow from their upper and lower case. The dotless i folds only in Turkish. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ['\u0131', '\u0131'],
  ['\u1fd3', '\u0390'],
  ['\u1fe3', '\u03b0'],
  ['\ufb05', '\ufb06'],
])

const foldCharacter = (character: string): string => {
  const exception = exceptions.get(character)
  if (exception !== undefined) return exception
  const upper = character.toUpperCase()
  const lower = (isOne(upper) ? upper : character).toLowerCase()
  return isOne(lower) ? lower : character
}

/**
 * Folds case so that texts can be compared without it, character by character: Unicode's simple case folding
 * (CaseFolding.txt, status C and S). ß stays ß and İ stays İ, because their foldings are longer than one character.
 */
export const foldCase = (text: string): string =>
  ASCII.test(text) ? text.toLowerCase() : Array.from(text, foldCharacter).join('')
