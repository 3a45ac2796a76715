/** @jest-environment jsdom */
const { FlagsProvider, useFlag } = require('@indietix/flags/react')
const { createFlagsClient } = require('@indietix/flags')
const { act, createElement, version } = require('react')
const { createRoot } = require('react-dom/client')

const Checkout = () => createElement('p', null, useFlag('checkout.enabled') ? 'open' : 'closed')

test('the checkout closes', async () => {
  expect(version).toMatch(/^18/)
  globalThis.IS_REACT_ACT_ENVIRONMENT = true
  const flags = { 'checkout.enabled': true }
  const bundle = () => ({ flags, variants: {}, version: 1, staleTime: 30, stream: '/s' })
  const fetch = async () => ({
    status: 200,
    headers: { get: () => null },
    text: async () => JSON.stringify(bundle()),
  })
  const client = createFlagsClient({ url: 'https://flags.test', key: 'k', fetch })
  const context = { userId: 'u-42' }
  const place = document.createElement('div')
  const root = createRoot(place)
  await act(() =>
    root.render(createElement(FlagsProvider, { client, context }, createElement(Checkout))),
  )
  await act(() => client.refresh())
  expect(place.textContent).toBe('open')
  flags['checkout.enabled'] = false
  await act(() => client.refresh())
  expect(place.textContent).toBe('closed')
  await act(() => root.unmount())
  await client.close()
})
