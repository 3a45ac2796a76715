/** As an HTML pattern. The server's schema decides; a test holds the two together. */
export const KEY_PATTERN = '[a-z0-9]+([._\\-][a-z0-9]+)*'

const KEY = new RegExp(`^${KEY_PATTERN}$`)

/** What to know about a key that is being typed: a rule it breaks, or the convention it does not follow. */
export const keyHelp = (key: string, taken: ReadonlySet<string>): string => {
  if (key === '') return 'Area, dot, feature: feature.new_checkout. It cannot be changed later.'
  if (/[A-Z]/.test(key)) return 'Use lower-case letters.'
  if (/\s/.test(key)) return 'Use an underscore in place of a space: new_checkout.'
  if (taken.has(key)) return 'There is a flag with this key already.'
  if (!KEY.test(key)) return 'Use letters and digits, joined by single dots, dashes or underscores.'
  return key.includes('.')
    ? 'Follows the convention.'
    : `By convention a key says its area first: feature.${key}.`
}
