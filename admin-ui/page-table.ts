type Entry = {
  /** Its address. A part that begins with `:` is a parameter. */
  readonly path: string
  /** Its name in the navigation. A page without one belongs to the link `within`. */
  readonly link?: string
  readonly within?: string
}

/**
 * Every page of the UI. The navigation, the routes, the redirects of the host and their tests read this table.
 * Where two paths match an address, the first one wins.
 */
export const PAGES = {
  flags: { path: '/settings/flags', link: 'Flags' },
  newFlag: { path: '/settings/new-flag', within: 'flags' },
  flag: { path: '/settings/flags/:key', within: 'flags' },
  segments: { path: '/settings/segments', link: 'Segments' },
  newSegment: { path: '/settings/new-segment', within: 'segments' },
  segment: { path: '/settings/segments/:key', within: 'segments' },
  experiments: { path: '/experiments', link: 'Experiments' },
  newExperiment: { path: '/experiments/new', within: 'experiments' },
  experiment: { path: '/experiments/:key', within: 'experiments' },
  audit: { path: '/audit', link: 'Audit' },
  keys: { path: '/settings/keys', link: 'Keys & members' },
  transfer: { path: '/settings/transfer', link: 'Export & import' },
} as const satisfies Readonly<Record<string, Entry>>

export type PageName = keyof typeof PAGES

const TABLE = Object.entries<Entry>(PAGES) as readonly (readonly [PageName, Entry])[]

export const HOME = PAGES.flags.path

/** The links of the navigation, in their order. */
export const LINKS = TABLE.flatMap(([name, { path, link }]) => (link ? [{ name, path, link }] : []))

/** The first parts of all addresses. Every other first part belongs to the Worker. */
const areas = [...new Set(TABLE.map(([, { path }]) => path.split('/')[1] ?? ''))]

/** True for an address that the UI answers, if only with "There is no such page". */
export const isPageAddress = (pathname: string): boolean =>
  areas.includes(pathname.split('/')[1] ?? '')

export type PageMatch = {
  readonly name: PageName
  /** The link of the navigation that stands for this page. */
  readonly section: string
  /** The parameter of the address, decoded. Empty when the page has none. */
  readonly key: string
}

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Finds the page at an address. Returns null when there is none. */
export const findPage = (pathname: string): PageMatch | null => {
  const parts = pathname.replace(/\/$/, '').split('/')
  const matches = ({ path }: Entry) => {
    const pattern = path.split('/')
    return (
      pattern.length === parts.length &&
      pattern.every((part, index) => part === parts[index] || (part === ':key' && parts[index]))
    )
  }
  const found = TABLE.find(([, entry]) => matches(entry))
  if (!found) return null
  const [name, { path, within }] = found
  const key = path.endsWith('/:key') ? decode(parts.at(-1) ?? '') : ''
  return { name, section: within ?? name, key }
}

export const flagPath = (key: string): string => PAGES.flag.path.replace(':key', key)

export const segmentPath = (key: string): string => PAGES.segment.path.replace(':key', key)

/** The page of an experiment. For the key `new`, whose path is another page, the first letter is escaped. */
export const experimentPath = (key: string): string =>
  PAGES.experiment.path.replace(':key', key === 'new' ? '%6eew' : key)

/** The form of a new experiment with the settings of another one. */
export const copyPath = (key: string): string =>
  `${PAGES.newExperiment.path}?from=${encodeURIComponent(key)}`

/** The host's file of redirects: every address of the UI gets the one HTML file. */
export const writeRedirects = (): string =>
  [`/ ${HOME} 302`, ...areas.flatMap((area) => [`/${area} / 200`, `/${area}/* / 200`]), ''].join(
    '\n',
  )
