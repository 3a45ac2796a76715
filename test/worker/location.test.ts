import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Env } from '../../worker/env.ts'
import { getPublisherId } from '../../worker/objects/place.ts'
import { getParticipant, getParticipantByName, getPublisher } from '../../worker/objects/stubs.ts'

/** A namespace that records its calls. Workerd has no jurisdictions, so this stands in for Cloudflare. */
const record = (settings: Pick<Env, 'LOCATION' | 'JURISDICTION'>) => {
  const calls: unknown[][] = []
  const open = (jurisdiction: string) => ({
    getByName: (name: string, options?: object) => calls.push([jurisdiction, name, options]),
    idFromName: (name: string) => `${jurisdiction}/${name}`,
    jurisdiction: (area: string) => open(area),
  })
  const PUBLISHER = open('anywhere') as unknown as Env['PUBLISHER']
  const PARTICIPANT = open('anywhere') as unknown as Env['PARTICIPANT']
  return { calls, at: { ...env, ...settings, PUBLISHER, PARTICIPANT } }
}

describe('LOCATION', () => {
  it('the Publisher is created in the place of D1, and a user is created near the user', () => {
    const { calls, at } = record({ LOCATION: 'apac' })
    getPublisher(at)
    getParticipant(at, 'u-1')
    expect(calls).toEqual([
      ['anywhere', 'publisher', { locationHint: 'apac' }],
      ['anywhere', expect.any(String), undefined],
    ])
  })

  it.each(['', 'mars'])('a place that Cloudflare does not have gives no hint: "%s"', (LOCATION) => {
    const { calls, at } = record({ LOCATION })
    getPublisher(at)
    expect(calls).toEqual([['anywhere', 'publisher', undefined]])
  })
})

describe('JURISDICTION', () => {
  it('all objects stay in it, and it wins over LOCATION', () => {
    const { calls, at } = record({ JURISDICTION: 'eu', LOCATION: 'apac' })
    getPublisher(at)
    getParticipant(at, 'u-1')
    getParticipantByName(at, 'a-name')
    expect(calls).toEqual([
      ['eu', 'publisher', undefined],
      ['eu', expect.any(String), undefined],
      ['eu', 'a-name', undefined],
    ])
  })

  it('another jurisdiction has another Publisher', () => {
    expect(getPublisherId(record({ JURISDICTION: 'eu' }).at)).toBe('eu/publisher')
    expect(getPublisherId(record({}).at)).toBe('anywhere/publisher')
  })

  it('an unknown jurisdiction creates no object', () => {
    const { calls, at } = record({ JURISDICTION: 'moon' })
    expect(() => getPublisher(at)).toThrow('JURISDICTION is none of eu, us, fedramp')
    expect(() => getParticipant(at, 'u-1')).toThrow('JURISDICTION')
    expect(calls).toEqual([])
  })
})

it('getPublisherId: the id is that of the object that answers', () => {
  expect(getPublisherId(env)).toBe(getPublisher(env).id.toString())
})
