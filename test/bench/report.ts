/** One measurement and its baseline, in the same run. */
export type Row = {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** The baseline's name and value, and how many times better this is. */
  readonly versus?: string
  readonly versusValue?: number
  readonly ratio?: number
  readonly note?: string
}

export type Topic = { readonly title: string; readonly rows: readonly Row[] }

/** Writes progress to stderr, so that stdout has only the table. */
export const progress = (text: string) => process.stderr.write(`  ${text}\n`)

export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

type Comparison = {
  readonly what: string
  readonly value: number
  readonly versus: string
  readonly versusValue: number
  readonly note?: string
}

/** A row whose ratio is ours divided by the baseline: more is better. */
export const rate = (unit: string, comparison: Comparison): Row => ({
  ...comparison,
  unit,
  ratio: comparison.value / comparison.versusValue,
})

/**
 * The same for measurements in turns. Its ratio is the median of the rounds' ratios, because a slow moment of the
 * machine affects both.
 */
export const rateInTurns = (
  unit: string,
  {
    value: values,
    versusValue: versusValues,
    ...rest
  }: Omit<Comparison, 'value' | 'versusValue'> & Record<'value' | 'versusValue', readonly number[]>,
): Row => ({
  ...rest,
  unit,
  value: median(values),
  versusValue: median(versusValues),
  ratio: median(values.map((value, round) => value / (versusValues[round] ?? Number.NaN))),
})

/** A row whose ratio is the baseline divided by ours: less is better. */
export const cost = (unit: string, comparison: Comparison): Row => ({
  ...comparison,
  unit,
  ratio: comparison.versusValue / comparison.value,
})

/** Shuffles the order, so that no measurement is always first or always after a heavy one. */
const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)

/**
 * Measures several functions in turns, so that other load on the machine affects all alike. The first round is a
 * warm-up and does not count.
 *
 * @returns the results of each, round by round
 */
export const inTurns = async <Name extends string>(
  rounds: number,
  cases: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<Record<Name, number[]>> => {
  const names = Object.keys(cases) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >
  for (let round = 0; round <= rounds; round++)
    for (const name of shuffled(names)) {
      const value = await cases[name]()
      if (round > 0) results[name].push(value)
    }
  return results
}

const number = (value: number) =>
  value >= 1_000
    ? Math.round(value).toLocaleString('en')
    : value >= 100
      ? value.toFixed(0)
      : value.toPrecision(3)

const cells = ({ what, value, unit, versus, versusValue, ratio, note }: Row) => [
  what,
  `${number(value)} ${unit}`,
  versus === undefined || versusValue === undefined
    ? ''
    : `${versus}: ${number(versusValue)} ${unit}`,
  ratio === undefined ? '' : `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3)}×`,
  note ?? '',
]

const line = (columns: readonly string[]) => `| ${columns.join(' | ')} |`

/** The topics as one Markdown table. */
export const toMarkdown = (topics: readonly Topic[]): string =>
  [
    line(['what', 'measured', 'compared with', 'times better', 'note']),
    line(['---', '---:', '---:', '---:', '---']),
    ...topics.flatMap(({ title, rows }) => [
      line([`**${title}**`, '', '', '', '']),
      ...rows.map((row) => line(cells(row))),
    ]),
  ].join('\n')
