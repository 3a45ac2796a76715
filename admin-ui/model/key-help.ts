export type KeyRule = {
  /** As an HTML pattern. The server's schema decides; a test holds the two together. */
  readonly pattern: string
  readonly joined: string
  readonly example: string
  /** What is said of a key that keeps the rule: whether it follows the convention, too. */
  readonly praise: (key: string) => string
}

export const FLAG_KEY: KeyRule = {
  pattern: '[a-z0-9]+([._\\-][a-z0-9]+)*',
  joined: 'single dots, dashes or underscores',
  example: 'Area, dot, feature: feature.new_checkout.',
  praise: (key) =>
    key.includes('.')
      ? 'Follows the convention.'
      : `By convention a key says its area first: feature.${key}.`,
}

export const EXPERIMENT_KEY: KeyRule = {
  pattern: '[a-z0-9]+(-[a-z0-9]+)*',
  joined: 'single dashes',
  example: 'What is tried, in a few words: checkout-redesign.',
  praise: () => 'The app will ask for this name.',
}

export const VARIANT_NAME_PATTERN = '[A-Za-z0-9]+([._\\-][A-Za-z0-9]+)*'

export const describeKeyRule = ({ joined }: KeyRule): string =>
  `Use lower-case letters and digits, joined by ${joined}.`

/** What to know about a key that is being typed: a rule it breaks, or the convention it does not follow. */
export const describeKey = (rule: KeyRule, key: string, taken: ReadonlySet<string>): string => {
  if (key === '') return `${rule.example} It cannot be changed later.`
  if (taken.has(key)) return 'A flag or an experiment has this key already.'
  return new RegExp(`^(${rule.pattern})$`).test(key) ? rule.praise(key) : describeKeyRule(rule)
}
