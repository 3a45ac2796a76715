import './globals'
import { createElement } from 'react'
import { create } from 'react-test-renderer'
import { App, refresh } from './app'

/* Hermes alone has no fetch. This one answers as the service does. */
let isOpen = true
globalThis.fetch = async () => {
  const flags = { 'booking.enabled': isOpen }
  const variants = { 'checkout-redesign': 'A' }
  const body = { flags, variants, version: 1, staleTime: 30, stream: '/s' }
  return { status: 200, headers: { get: () => null }, text: async () => JSON.stringify(body) }
}

/** Refreshes until the app shows these texts. A refresh during a load shares its answer. */
const refreshUntil = async (tree, expected) => {
  for (let turn = 0; turn < 1_000 && String(tree.toJSON()) !== expected; turn++) {
    await refresh()
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  print(String(tree.toJSON()))
}

const main = async () => {
  const tree = create(createElement(App))
  print('first: ' + tree.toJSON())
  await refreshUntil(tree, 'true,A')
  isOpen = false
  await refreshUntil(tree, 'false,A')
  tree.unmount()
}
main().catch((error) => print(error.stack))
