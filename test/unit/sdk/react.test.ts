import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import type { Bundle } from '../../../sdk/bundle.ts'
import type { FlagsClient } from '../../../sdk/client.ts'
import type { FlagsContext } from '../../../sdk/context.ts'
import { whenVisible } from '../../../sdk/page.ts'
import { logExposureOnce } from '../../../sdk/react/exposure.ts'
import { useProviderState, type SerializableOptions } from '../../../sdk/react/provider.tsx'
import { FlagsProvider, useFlag, useFlags, useVariant } from '../../../sdk/react/index.ts'
import {
  ANNA,
  BUNDLE,
  createTestClient,
  stubPage,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
const BERT = { userId: 'bert' }

const Probe = () =>
  JSON.stringify([useFlag('on'), useFlag('none', true), useFlags().isLoading, useVariant('test')])

const clients: FlagsClient[] = []

/** Renders the number of the provider's client. */
const Client = () => {
  const { client } = useProviderState()
  if (!clients.includes(client)) clients.push(client)
  return `client-${clients.indexOf(client)}`
}

type Props = { client: FlagsClient; context: FlagsContext; bootstrap?: Bundle }

/** The hooks' values in a first render: a flag, an unknown flag, isLoading, a variant. */
const renderOnce = (props: Props) =>
  JSON.parse(
    renderToString(createElement(FlagsProvider, props, createElement(Probe))).replaceAll(
      '&quot;',
      '"',
    ),
  )

it('Hooks: the first render shows the bootstrap', () => {
  expect(
    renderOnce({ client: createTestClient(service), context: ANNA, bootstrap: BUNDLE }),
  ).toEqual([true, true, false, 'A'])
})

it('Hooks: a user never sees the bootstrap of another user', () => {
  const client = createTestClient(service)
  const bootstrap = { ...BUNDLE }
  renderOnce({ client, context: ANNA, bootstrap })
  expect(renderOnce({ client, context: BERT, bootstrap })).toEqual([false, true, true, null])
  expect(client.peek(BERT)).toBeUndefined()
  expect(renderOnce({ client, context: { ...ANNA }, bootstrap })).toEqual([true, true, false, 'A'])
})

const renderClient = (options: SerializableOptions) => {
  const props = { options, context: ANNA, bootstrap: { ...BUNDLE } }
  return renderToString(createElement(FlagsProvider, props, createElement(Client)))
}

it('useVariant: hydrates with the server’s variant when the page has shown another', () => {
  const client = createTestClient(service, { keepVariants: true })
  client.keepVariant(ANNA, 'test', 'B')
  const [, , , variant] = renderOnce({ client, context: ANNA, bootstrap: { ...BUNDLE } })
  expect(variant).toBe('A')
  expect(client.keepVariant(ANNA, 'test', 'A')).toBe('B')
})

it('FlagsProvider: makes one client for equal options, in any order', () => {
  const first = renderClient({ url: 'https://flags.test', key: 'options' })
  expect(first).toMatch(/^client-\d$/)
  expect(renderClient({ key: 'options', url: 'https://flags.test' })).toBe(first)
  expect(renderClient({ key: 'other', url: 'https://flags.test' })).not.toBe(first)
})

it('logExposureOnce: logs one exposure when effects run twice', async () => {
  stubPage()
  const client = createTestClient(service, { storage: null })
  const effect = (context: FlagsContext, variant = 'A') =>
    whenVisible(() => logExposureOnce(client, context, 'test', variant))
  effect(ANNA)()
  effect({ ...ANNA })
  expect(client.pending().waiting).toBe(1)
  effect(BERT)
  effect(ANNA, 'B')
  expect(client.pending().waiting).toBe(3)
  await client.close()
})

it('whenVisible: calls back once the tab is visible, unless it was cancelled', () => {
  const page = stubPage()
  page.show('hidden')
  const [seen, gone] = [vi.fn<() => void>(), vi.fn<() => void>()]
  whenVisible(seen)
  whenVisible(gone)()
  expect(seen).not.toHaveBeenCalled()
  for (const state of ['visible', 'hidden', 'visible'] as const) page.show(state)
  expect(seen).toHaveBeenCalledOnce()
  expect(gone).not.toHaveBeenCalled()
})
