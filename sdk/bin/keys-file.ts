type Experiment = { readonly key: string; readonly variants: readonly { readonly name: string }[] }
type Page = { readonly items: readonly Experiment[]; readonly nextCursor: string | null }

type Flag = {
  readonly key: string
  /** Absent for a boolean flag. */
  readonly variants?: readonly { readonly value: unknown }[]
}

export type Keys = {
  readonly flags: readonly Flag[]
  readonly experiments: readonly Experiment[]
}

const getJson = async <T>(url: string, token: string): Promise<T> => {
  const response = await fetch(url, {
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(30_000),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

const listExperiments = async (origin: string, token: string): Promise<Experiment[]> => {
  const experiments: Experiment[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
    const page: Page = await getJson<Page>(`${origin}/api/experiments?limit=200${query}`, token)
    experiments.push(...page.items)
    cursor = page.nextCursor
  }
  return experiments
}

/**
 * Reads the keys of a service: flags from its export; experiments from the export or, without them there, from the list.
 *
 * @throws when the service cannot be reached or refuses
 */
export const readKeys = async (url: string, token: string): Promise<Keys> => {
  const origin = url.replace(/\/+$/, '')
  const { flags, experiments } = await getJson<Partial<Keys>>(`${origin}/api/export`, token)
  if (!flags) throw new Error(`${origin}/api/export is no export`)
  return { flags, experiments: experiments ?? (await listExperiments(origin, token)) }
}

const declareMember = (key: string, type: string) => `    ${JSON.stringify(key)}: ${type}\n`

/** JSON is TypeScript for the type of one value. */
const declareValues = ({ variants }: Flag): string =>
  variants
    ? [...new Set(variants.map(({ value }) => JSON.stringify(value)))].join(' | ')
    : 'boolean'

/** The declaration file that makes every other key a type error. Sorted keys keep its diffs small. */
export const declareKeys = ({ flags, experiments }: Keys): string => {
  const flagMembers = flags
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map((flag) => declareMember(flag.key, declareValues(flag)))
  const experimentMembers = experiments
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, variants }) =>
      declareMember(key, variants.map(({ name }) => JSON.stringify(name)).join(' | ')),
    )
  return `// Written by \`npx indietix-flags types\`. Write it again when flags or experiments come or go.
import '@indietix/flags'

declare module '@indietix/flags' {
  interface FlagKeys {
${flagMembers.join('')}  }
  interface ExperimentKeys {
${experimentMembers.join('')}  }
}
`
}
