export type KeyRule = {
  /** An HTML pattern. A test compares it with the schema of the server. */
  readonly pattern: string
  readonly joined: string
  readonly example: string
  /** The help for a key that exists already. */
  readonly taken: string
  /** The help for a valid key: says whether the key follows the convention. */
  readonly praise: (key: string) => string
}

const SHARED = 'A flag or an experiment has this key already.'

export const FLAG_KEY: KeyRule = {
  pattern: '[a-z0-9]+([._\\-][a-z0-9]+)*',
  joined: 'single dots, dashes or underscores',
  example: 'Write the area, a dot and the feature: checkout.new_form.',
  taken: SHARED,
  praise: (key) =>
    key.includes('.')
      ? 'Follows the convention.'
      : `By convention, a key begins with its area: feature.${key}.`,
}

export const EXPERIMENT_KEY: KeyRule = {
  pattern: '[a-z0-9]+(-[a-z0-9]+)*',
  joined: 'single dashes',
  example: 'Say what you try in a few words: checkout-redesign.',
  taken: SHARED,
  praise: () => 'The app will ask for this name.',
}

export const SEGMENT_KEY: KeyRule = {
  pattern: FLAG_KEY.pattern,
  joined: FLAG_KEY.joined,
  example: 'Say who these users are: beta-testers.',
  taken: 'A segment has this key already.',
  praise: () => 'Flags will use this name.',
}

export const VARIANT_NAME_PATTERN = '[A-Za-z0-9]+([._\\-][A-Za-z0-9]+)*'

export const describeKeyRule = ({ joined }: KeyRule): string =>
  `Use lower-case letters and digits, joined by ${joined}.`

/** Describes the key that is being typed: a broken rule, or the convention. */
export const describeKey = (rule: KeyRule, key: string, taken: ReadonlySet<string>): string => {
  if (key === '') return `${rule.example} You cannot change it later.`
  if (taken.has(key)) return rule.taken
  return new RegExp(`^(${rule.pattern})$`).test(key) ? rule.praise(key) : describeKeyRule(rule)
}
