import { describe, expect, it } from 'vitest'
import {
  experimentPath,
  findPage,
  flagPath,
  HOME,
  isPageAddress,
  LINKS,
  PAGES,
  writeRedirects,
} from '../../../admin-ui/page-table.ts'

const pages = Object.entries(PAGES).map(([name, { path }]) => ({ name, path }))

/** The lines of the redirects file, as the host reads them. */
const rules = writeRedirects()
  .trim()
  .split('\n')
  .map((line) => line.split(' '))

const rulesFor = (pathname: string) =>
  rules.filter(([from = '']) =>
    from.endsWith('/*') ? pathname.startsWith(from.slice(0, -1)) : pathname === from,
  )

describe.each(pages)('Page $name', ({ name, path }) => {
  const pathname = path.replace(':key', 'some-key')

  it('the page is found at its path, with and without a final slash', () => {
    const key = path.includes(':key') ? 'some-key' : ''
    expect(findPage(pathname)).toMatchObject({ name, key })
    expect(findPage(`${pathname}/`)).toMatchObject({ name, key })
  })

  it('the page belongs to a link of the navigation', () => {
    expect(LINKS.map((link) => link.name)).toContain(findPage(pathname)?.section)
  })

  it('the UI answers its address', () => expect(isPageAddress(pathname)).toBe(true))

  it('one redirect rule serves the page and keeps its address', () => {
    expect(rulesFor(pathname).map(([, to, status]) => [to, status])).toEqual([['/', '200']])
  })
})

describe('Page table', () => {
  it('sends the root to the first page', () => {
    expect(rulesFor('/')).toEqual([['/', HOME, '302']])
    expect(findPage(HOME)?.name).toBe('flags')
  })

  it.each(['/settings', '/settings/nope', '/settings/flags/a/b', '/experiments/a/b', '/audit/x'])(
    'has no page at %s, which the UI still answers',
    (pathname) => {
      expect(findPage(pathname)).toBeNull()
      expect(isPageAddress(pathname)).toBe(true)
    },
  )

  it.each(['/', '/health', '/api/flags', '/settingsx', '/assets/index.js'])(
    'leaves %s to the Worker',
    (pathname) => {
      expect(findPage(pathname)).toBeNull()
      expect(isPageAddress(pathname)).toBe(false)
    },
  )

  it('finds the page of a flag by the path it builds', () => {
    const key = 'checkout.new_ui'
    expect(findPage(flagPath(key))).toMatchObject({ name: 'flag', key })
  })

  it.each(['new', 'news', 'checkout'])('finds the page of the experiment %s', (key) => {
    expect(findPage(experimentPath(key))).toMatchObject({ name: 'experiment', key })
  })

  it('keeps an escape that cannot be decoded', () =>
    expect(findPage('/experiments/%zz')).toMatchObject({ name: 'experiment', key: '%zz' }))
})
