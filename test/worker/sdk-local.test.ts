import { exports } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { createFlagsClient } from '../../sdk/client.ts'
import { json, putFlag, seedKeys, send, SERVER } from '../support/api.ts'
import { anyContext } from '../support/arbitraries.ts'
import { runExperiment } from '../support/experiments.ts'

/* The SDK's local evaluation, with the snapshot of this Worker, against this Worker's own routes. */

const isContext = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const contexts = fc.sample(anyContext, { numRuns: 24, seed: 13 }).filter(isContext)

const evaluateByRoute = async (context: unknown) => {
  const answer = await send('POST', '/v1/flags/evaluate', { as: SERVER, body: { context } })
  return answer.ok ? (await json<{ flags: object }>(answer)).flags : {}
}

const readVariantByRoute = async (context: unknown) => {
  const path = '/v1/experiments/running/variant'
  const answer = await send('POST', path, { as: SERVER, body: { context } })
  return answer.ok ? (await json<{ variant: string | null }>(answer)).variant : null
}

beforeAll(seedKeys)

it(
  'Local evaluation: gives the answers of the routes, version by version',
  { timeout: 120_000 },
  async () => {
    const paths: string[] = []
    const flags = createFlagsClient({
      url: 'https://flags.test',
      key: SERVER,
      evaluation: 'local',
      waitUntil: () => {},
      fetch: (url, init) => {
        const request = new Request(url, init)
        paths.push(new URL(request.url).pathname)
        return exports.default.fetch(request)
      },
    })
    const edits = [
      () => putFlag('feature.new_checkout', { rollout: 50 }),
      () => putFlag('booking.enabled', { rules: { cities: ['Mumbai'], denyList: ['u-1', '😀'] } }),
      () => putFlag('checkout.new_ui', { rollout: 1, rules: { categories: ['music', 'comedy'] } }),
      () => putFlag('booking.enabled', { enabled: false }),
      () =>
        putFlag('constructor', { rollout: 99, rules: { roles: ['ADMIN'], allowList: ['u-2'] } }),
    ]
    await runExperiment('running')
    for (const edit of edits) {
      const { snapshotVersion } = await edit()
      await send('GET', `/v1/snapshot?minVersion=${snapshotVersion}`, { as: SERVER })
      expect(await flags.refresh()).toBe(true)
      for (const context of contexts) {
        const expected = await evaluateByRoute(context)
        expect([context, await flags.getAllFlags(context)]).toEqual([context, expected])
        for (const [key, value] of Object.entries(expected))
          expect(flags.peekFlag(context, key, !value)).toBe(value)
        expect(await flags.getVariant(context, 'running')).toBe(await readVariantByRoute(context))
      }
      expect((await flags.getBundle({}))?.version).toBe(snapshotVersion)
    }
    expect(new Set(paths)).toEqual(new Set(['/v1/snapshot']))
    await flags.close()
  },
)
