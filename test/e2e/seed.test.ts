import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoExperiments, demoFlags, demoKeys } from '../../schema/demo.ts'
import { seedWhenEmpty } from '../../worker/local/seed.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { createKey } from '../../worker/store/keys.ts'
import { credential } from '../support/server-api.ts'
import { startEmptyServer } from '../support/server.ts'

let server: Awaited<ReturnType<typeof startEmptyServer>>
beforeAll(async () => {
  server = await startEmptyServer()
})
afterAll(() => server?.close())

/** A database that takes so many transactions, then is gone. */
const cutOffAfter = (transactions: number) => {
  const session = server.d1.withSession('first-primary')
  let left = transactions
  const batch: D1Database['batch'] = (statements) => {
    if (left-- <= 0) throw new Error('cut off')
    return session.batch(statements)
  }
  const prepare = (query: string) => session.prepare(query)
  return { withSession: () => ({ prepare, batch }) } as unknown as D1Database
}

const listKeys = async (path: string) =>
  (
    await server.ask<{ items: { key: string }[] }>('GET', path, { as: credential.viewer })
  ).items.map(({ key }) => key)

const countKeys = () =>
  server.d1.prepare('SELECT count(*) AS keys FROM api_key').first<number>('keys')

it('npm start: completes demo data that was cut off, then leaves it alone', async () => {
  for (const transactions of [0, 1, 2, 3, 4, 5])
    await expect(seedWhenEmpty(cutOffAfter(transactions))).rejects.toThrow('cut off')
  expect(await countKeys()).toBeOneOf([1, 2, 3, 4])
  expect(await seedWhenEmpty(server.d1)).toBe(true)
  expect(await countKeys()).toBe(demoKeys.length)
  expect(await listKeys('/api/flags')).toEqual(Object.keys(demoFlags).toSorted())
  expect(await listKeys('/api/experiments')).toEqual(
    demoExperiments.map(({ key }) => key).toSorted(),
  )
  await server.deleteFlag('payments.enabled', {})
  expect(await seedWhenEmpty(server.d1)).toBe(false)
  expect(await listKeys('/api/flags')).not.toContain('payments.enabled')
})

it('npm start: adds no demo data to a database that has a key', async () => {
  const own = await startEmptyServer()
  const editor = { actor: 'test', at: new Date(), comment: undefined }
  const key = { id: 'own', name: 'own', kind: 'admin', hash: 'of it' } as const
  await createKey(openDatabase(own.d1), editor, key)
  expect(await seedWhenEmpty(own.d1)).toBe(false)
  await own.close()
})
