/** As an HTML pattern. The server's schema decides; a test holds the two together. */
export const EXPERIMENT_KEY_PATTERN = '[a-z0-9]+(-[a-z0-9]+)*'
export const VARIANT_NAME_PATTERN = '[A-Za-z0-9]+([._\\-][A-Za-z0-9]+)*'

const KEY = new RegExp(`^${EXPERIMENT_KEY_PATTERN}$`)

/** What to know about a key that is being typed. */
export const experimentKeyHelp = (key: string, taken: ReadonlySet<string>): string => {
  if (key === '')
    return 'What is tried, in a few words: checkout-redesign. It cannot be changed later.'
  if (taken.has(key)) return 'A flag or an experiment has this key already.'
  if (/[A-Z]/.test(key)) return 'Use lower-case letters.'
  if (/[\s._]/.test(key)) return 'Join words by dashes: checkout-redesign.'
  if (!KEY.test(key)) return 'Use letters and digits, joined by single dashes.'
  return 'Good. The app will ask for this name; it cannot be changed later.'
}
