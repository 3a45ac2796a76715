const { createFlagsClient } = require('@indietix/flags')
const { evaluateFlag } = require('@indietix/flags/evaluate')

test('the booking is open', async () => {
  const flags = createFlagsClient({ url: 'http://localhost:8787', key: 'flags_server_local' })
  expect(await flags.getFlag({ userId: 'u-42' }, 'booking.enabled')).toBe(true)
  await flags.close()
})

test('the evaluator needs no service', () => {
  const flag = { key: 'a', enabled: true, rollout: 100, rules: null }
  expect(evaluateFlag(flag, { userId: 'u-42' })).toBe(true)
})
