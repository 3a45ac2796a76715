import { describe, expect, it } from 'vitest'
import {
  listZones,
  readView,
  toMetricsQuery,
  WHOLE,
  writeViewQuery,
} from '../../../admin-ui/model/results-view.ts'

describe('View of results', () => {
  it('days of UTC begin at midnight of UTC, and the last day is included', () => {
    const view = { ...WHOLE, from: '2026-11-10', to: '2026-11-12' }
    expect(toMetricsQuery(view)).toEqual({
      from: '2026-11-10T00:00:00Z',
      to: '2026-11-13T00:00:00Z',
    })
  })

  it('days of a zone begin at its midnight', () => {
    const view = { ...WHOLE, zone: 'Asia/Kathmandu', from: '2026-11-10', to: '2026-11-12' }
    expect(toMetricsQuery(view)).toEqual({
      from: '2026-11-09T18:15:00.000Z',
      to: '2026-11-12T18:15:00.000Z',
      zone: 'Asia/Kathmandu',
    })
  })

  it('an address keeps the zone, and text that is no zone is ignored', () => {
    expect(readView(new URLSearchParams('zone=Asia/Kolkata')).zone).toBe('Asia/Kolkata')
    expect(readView(new URLSearchParams('zone=Mars/Olympus&from=yesterday'))).toEqual(WHOLE)
    expect(writeViewQuery(WHOLE)).toBe('')
  })

  it('offers UTC, the zone of the browser and the zone of the address once each', () => {
    expect(listZones('', 'UTC')).toEqual([''])
    expect(listZones('Asia/Kolkata', 'Europe/Berlin')).toEqual([
      '',
      'Europe/Berlin',
      'Asia/Kolkata',
    ])
    expect(listZones('Asia/Kolkata', 'Asia/Kolkata')).toEqual(['', 'Asia/Kolkata'])
  })
})
