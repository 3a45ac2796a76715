import { expect, it } from 'vitest'
import { coalesce } from '../../../admin-ui/state/coalesce.ts'

it('coalesce: shares one later run among all calls that come during a run', async () => {
  const began: (() => void)[] = []
  const load = coalesce(() => new Promise((resolve) => began.push(resolve)))
  const first = load()
  const others = [load(), load(), load()]
  expect(began.length).toBe(1)
  began[0]?.()
  await expect.poll(() => began.length).toBe(2)
  began[1]?.()
  await Promise.all([first, ...others])
  expect(began.length).toBe(2)
  void load()
  expect(began.length).toBe(3)
})
