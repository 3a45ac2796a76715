import { describe, expect, it } from 'vitest'
import { toCsv, toNameCell } from '../../../worker/experiments/csv.ts'
import { writeDaysCsv, writeSummaryCsv } from '../../../worker/experiments/results-csv.ts'
import { computeResults } from './support.ts'

describe('CSV', () => {
  it('quotes cells and ends lines as RFC 4180 says', () => {
    expect(
      toCsv(
        ['a', 'b'],
        [
          ['x,y', 'say "hi"'],
          ['two\nlines', null],
        ],
      ),
    ).toBe('a,b\r\n"x,y","say ""hi"""\r\n"two\nlines",\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])(
    'puts an apostrophe before the formula %j',
    (text) => {
      const [, cell] = toCsv(['a'], [[text]]).split('\r\n', 2)
      expect(cell?.replace(/^"/, '').startsWith("'")).toBe(true)
    },
  )

  it('writes numbers as numbers, negative ones too', () => {
    expect(toCsv(['a', 'b', 'c'], [[-0.5, 0, true]])).toBe('a,b,c\r\n-0.5,0,true\r\n')
  })

  it.each(['007', '1-2', '1e5', '1.10', '2026-11-01', '12am', '1-dec', 'MAR1', 'sept-2', 'TRUE'])(
    'puts an apostrophe before the name %s, which a spreadsheet would convert',
    (name) => {
      expect(toNameCell(name)).toBe(`'${name}`)
    },
  )

  it.each(['A', 'control', 'v2', 'market-1', 'may', '50-percent', '2x', 'true-north', 'e5'])(
    'writes the name %s as it is',
    (name) => {
      expect(toNameCell(name)).toBe(name)
    },
  )

  it('keeps names as text in both tables, and dates as dates', () => {
    const results = { ...computeResults([1, 1], [0, 0]), experimentKey: '1-2' }
    expect(writeSummaryCsv(results)).toContain("\r\n'1-2,A,")
    expect(writeDaysCsv(results)).toContain("\r\n'1-2,2026-11-01,A,")
  })

  it('writes a row per variant, as wide as the header', () => {
    const lines = writeSummaryCsv(computeResults([0, 100], [0, 5]))
      .trimEnd()
      .split('\r\n')
    expect(lines.length).toBe(3)
    const [header, ...rows] = lines.map((line) => line.split(','))
    for (const row of rows) expect(row.length).toBe(header?.length)
    expect(lines[1]).toContain('no_users')
    expect(lines.join()).not.toMatch(/NaN|null|undefined/)
  })

  it('writes a row per day and variant', () => {
    expect(writeDaysCsv(computeResults([10, 12], [1, 2]))).toBe(
      'experiment,day_utc,variant,assignments,exposures,exposed_users,conversions,clicks\r\n' +
        'words,2026-11-01,A,10,10,10,1,0\r\nwords,2026-11-01,B,12,12,12,2,0\r\n',
    )
  })
})
