import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createElement, type ReactNode } from 'react'
import { act, create, type ReactTestRenderer } from 'react-test-renderer'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FlagsClient } from '../../../sdk/client.ts'
import {
  FlagsProvider,
  useFlag,
  useFlags,
  useFlagsStatus,
  useVariant,
  type FlagsProviderProps,
} from '../../../sdk/react/index.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  neverAnswers,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

/* The hooks where React Native runs them: React without a document and without EventSource. */

const service = useFakeService()
let tree: ReactTestRenderer | undefined

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  const { error } = console
  vi.spyOn(console, 'error').mockImplementation((...args: unknown[]) => {
    if (!String(args[0]).startsWith('react-test-renderer is deprecated')) error(...args)
  })
})
afterEach(() => {
  act(() => tree?.unmount())
  tree = undefined
  vi.restoreAllMocks()
})

const Shop = () => createElement('p', null, String(useFlag('on', true)))

const wait = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms)
  })

const mount = async (
  client: FlagsClient,
  child: ReactNode = createElement(Shop),
  props: Partial<Omit<FlagsProviderProps, 'client' | 'options'>> = {},
) => {
  const element = createElement(FlagsProvider, { client, context: ANNA, ...props }, child)
  await act(async () => {
    if (tree) tree.update(element)
    else tree = create(element)
  })
  await wait(0)
}

const getText = () => tree?.root.findByType('p').children.map(String).join('')

const Design = () => createElement('p', null, useVariant('test') ?? 'none')

const All = () => {
  const { flags, isLoading, error } = useFlags()
  return createElement('p', null, JSON.stringify([flags, isLoading, error?.message ?? null]))
}

const Status = () => {
  const { state, lastError } = useFlagsStatus()
  return createElement('p', null, `${state} ${lastError instanceof Error}`)
}

const hostile = () =>
  new QueryClient({
    defaultOptions: {
      queries: { enabled: false, refetchOnMount: false, staleTime: Infinity, throwOnError: true },
    },
  })

const mountWith = async (queryClient: QueryClient, client: FlagsClient, bootstrap = BUNDLE) => {
  const shop = createElement(Shop)
  await mount(client, createElement(QueryClientProvider, { client: queryClient }, shop), {
    queryClient,
    bootstrap: { ...bootstrap },
  })
}

const setOff = (version = 8) => {
  service.answers.bundle = () => answerJson({ ...BUNDLE, version, flags: { on: false } })
}

describe('Hooks without a document', () => {
  it('useVariant mounts and logs one exposure', async () => {
    const client = createTestClient(service)
    await mount(client, createElement(Design))
    expect(getText()).toBe('A')
    await wait(1_000)
    const exposures = service.requestsTo('/v1/exposures').flatMap(({ body }) => body['exposures'])
    expect(exposures).toMatchObject([{ userId: 'anna', variant: 'A' }])
  })

  it('useFlag shows a change within 30 s without a stream', async () => {
    await mount(createTestClient(service))
    expect(getText()).toBe('true')
    setOff()
    await wait(29_000)
    expect(getText()).toBe('false')
  })

  it('a mounted useFlag sends one request every 27 to 30 s', async () => {
    await mount(createTestClient(service))
    await wait(600_000)
    expect(service.requests.length).toBeGreaterThanOrEqual(20)
    expect(service.requests.length).toBeLessThanOrEqual(23)
  })

  it('useFlag follows a service that comes back after two hours', async () => {
    service.answers.bundle = unreachable
    await mount(createTestClient(service))
    expect(getText()).toBe('true')
    await wait(7_200_000)
    setOff()
    await wait(30_000)
    expect(getText()).toBe('false')
  })

  it('nothing is requested once the tree is unmounted', async () => {
    await mount(createTestClient(service))
    act(() => tree?.unmount())
    tree = undefined
    await vi.advanceTimersByTimeAsync(600_000)
    expect(service.requests).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('useFlags reports loading, the error and the values', async () => {
    service.answers.bundle = neverAnswers
    const client = createTestClient(service)
    await mount(client, createElement(All))
    expect(getText()).toBe('[{},true,null]')
    await wait(2_000)
    expect(getText()).toBe('[{},false,"no answer in time"]')
    service.answers.bundle = () => answerJson(BUNDLE)
    await wait(30_000)
    expect(getText()).toBe('[{"on":true,"off":false},false,null]')
  })

  it('useFlagsStatus follows the state of the client', async () => {
    await mount(createTestClient(service), createElement(Status))
    expect(getText()).toBe('ready false')
    service.answers.bundle = unreachable
    await wait(30_000)
    expect(getText()).toBe('offline true')
    service.answers.bundle = () => answerJson(BUNDLE)
    await wait(30_000)
    expect(getText()).toBe('ready false')
  })
})

describe('Hooks beside TanStack Query', () => {
  it('a bootstrap is refreshed when the app turns queries off', async () => {
    setOff()
    await mountWith(hostile(), createTestClient(service))
    expect(getText()).toBe('false')
    expect(service.requests).toHaveLength(1)
  })

  it('the page shows the client’s value after queryClient.clear()', async () => {
    const queryClient = hostile()
    const client = createTestClient(service)
    await mountWith(queryClient, client)
    queryClient.clear()
    setOff()
    await wait(30_000)
    expect(client.peek(ANNA)?.flags).toEqual({ on: false })
    expect(getText()).toBe('false')
  })

  it('a foreign value in the query cache is never shown', async () => {
    const queryClient = hostile()
    const client = createTestClient(service)
    await mountWith(queryClient, client)
    const key = ['@indietix/flags', client.name, ANNA]
    expect(queryClient.getQueryData(key)).toEqual(BUNDLE)
    act(() => void queryClient.setQueryData(key, { ...BUNDLE, flags: { on: false } }))
    expect(getText()).toBe('true')
  })

  it('the name of a client is the same after a reload and differs between keys', () => {
    const names = [{}, {}, { key: 'other' }].map(
      (options) => createTestClient(service, options).name,
    )
    expect(names[0]).toBe(names[1])
    expect(names[0]).not.toBe(names[2])
  })
})
