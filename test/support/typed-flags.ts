/* One flag of each type but boolean, with the values for Mumbai and for elsewhere. */

export const typedCases: readonly (readonly [string, string, unknown, unknown])[] = [
  ['string', 'typed.string', 'blue', ''],
  ['number', 'typed.number', 2.5, 0],
  ['json', 'typed.json', { rows: [1, null], name: 'wide' }, {}],
  ['json', 'typed.list', ['a', 1], []],
]

/** The settings of these flags by key. */
export const typedFlags = Object.fromEntries(
  typedCases.map(([type, key, some, none]) => [
    key,
    {
      enabled: true,
      rollout: 100,
      rules: { cities: ['Mumbai'] },
      type,
      variants: [
        { name: 'none', value: none },
        { name: 'some', value: some },
      ],
      offVariant: 'none',
      serve: 'some',
    },
  ]),
)
