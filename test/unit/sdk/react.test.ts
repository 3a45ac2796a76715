import { keepPreviousData, QueryClient, QueryObserver } from '@tanstack/react-query'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import type { Bundle } from '../../../sdk/bundle.ts'
import type { FlagsClient } from '../../../sdk/client.ts'
import type { FlagsContext } from '../../../sdk/context.ts'
import { logExposureOnce, whenVisible } from '../../../sdk/react/exposure.ts'
import { FlagsProvider, useFlag, useFlags, useVariant } from '../../../sdk/react/index.ts'
import { flagsQuery } from '../../../sdk/react/query.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  clientOf,
  openPage,
  serviceOfEachTest,
} from '../../support/flags-service.ts'

const service = serviceOfEachTest()
const BERT = { userId: 'bert' }

const Shown = () =>
  JSON.stringify([useFlag('on'), useFlag('none', true), useFlags().isLoading, useVariant('test')])

type Given = {
  client: FlagsClient
  context: FlagsContext
  bootstrap?: Bundle
  queryClient?: QueryClient
}

/** What the hooks say in a first paint: a flag, one that is not known, whether it loads, the variant. */
const paint = (given: Given) =>
  JSON.parse(
    renderToString(createElement(FlagsProvider, given, createElement(Shown))).replaceAll(
      '&quot;',
      '"',
    ),
  )

it('a first paint is the bundle that came with the page', () => {
  expect(paint({ client: clientOf(service), context: ANNA, bootstrap: BUNDLE })).toEqual([
    true,
    true,
    false,
    'A',
  ])
})

it('the bundle of one user is never shown to who signs in after them, though the page still has it', () => {
  const client = clientOf(service)
  const bootstrap = { ...BUNDLE }
  paint({ client, context: ANNA, bootstrap })
  expect(paint({ client, context: BERT, bootstrap })).toEqual([false, true, true, null])
  expect(client.peek(BERT)).toBeUndefined()
  expect(paint({ client, context: { ...ANNA }, bootstrap })).toEqual([true, true, false, 'A'])
})

it('two clients share no answer, though they share the queries of the page', () => {
  const queryClient = new QueryClient()
  const [one, two] = [clientOf(service), clientOf(service, { key: 'other' })]
  const other = { ...BUNDLE, flags: { on: false }, variants: { test: 'B' } }
  paint({ client: one, context: ANNA, queryClient, bootstrap: { ...BUNDLE } })
  paint({ client: two, context: ANNA, queryClient, bootstrap: other })
  const queries = queryClient.getQueryCache().getAll()
  expect(queries.map(({ state }) => state.data)).toEqual([BUNDLE, other])
})

it('a service that is away takes no page down, though the queries of the page throw their errors', async () => {
  const defaultOptions = { queries: { throwOnError: true } }
  const queryClient = new QueryClient({ defaultOptions })
  service.play.bundle = () => answerJson({}, 401)
  const client = clientOf(service)
  await queryClient.prefetchQuery(
    flagsQuery({ client, queryClient, context: ANNA, bootstrap: undefined }),
  )
  expect(queryClient.getQueryCache().getAll()[0]?.state.status).toBe('error')
  expect(paint({ client, context: ANNA, queryClient })).toEqual([false, true, true, null])
})

it('who signs in is shown nothing of who was there before, though the queries of the page keep what they had', async () => {
  const defaultOptions = { queries: { placeholderData: keepPreviousData } }
  const queryClient = new QueryClient({ defaultOptions })
  const shared = { client: clientOf(service), queryClient, bootstrap: undefined }
  const observer = new QueryObserver(queryClient, flagsQuery({ ...shared, context: ANNA }))
  const stop = observer.subscribe(() => {})
  await vi.advanceTimersByTimeAsync(0)
  expect(observer.getCurrentResult().data).toEqual(BUNDLE)
  observer.setOptions(flagsQuery({ ...shared, context: BERT }))
  expect(observer.getCurrentResult().data).toBeUndefined()
  stop()
})

it('an exposure is logged once, though effects run twice, as they do in strict mode', async () => {
  openPage()
  const client = clientOf(service, { storage: null })
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

it('what is rendered in a hidden tab was seen when the tab is shown, and only if it is still there', () => {
  const page = openPage()
  page.show('hidden')
  const [seen, gone] = [vi.fn<() => void>(), vi.fn<() => void>()]
  whenVisible(seen)
  whenVisible(gone)()
  expect(seen).not.toHaveBeenCalled()
  for (const state of ['visible', 'hidden', 'visible'] as const) page.show(state)
  expect(seen).toHaveBeenCalledOnce()
  expect(gone).not.toHaveBeenCalled()
})
