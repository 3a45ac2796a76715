import { createContext, useContext, useEffect, useMemo, type Context, type ReactNode } from 'react'
import type { Bundle } from '../bundle.ts'
import { createFlagsClient, type FlagsClient } from '../client.ts'
import type { FlagsContext } from '../context.ts'
import type { FlagsOptions } from '../options.ts'
import { share } from '../shared.ts'

/** The provider's value. Its identity changes only when its meaning changes. */
export type ProviderState = {
  readonly client: FlagsClient
  readonly context: FlagsContext
  readonly bootstrap: Bundle | undefined
}

/** One React context for each copy of React, so that a provider and hooks of two copies of this package meet. */
const getProviderContext = (): Context<ProviderState | null> => {
  const contexts = share('contexts', () => new WeakMap<object, Context<ProviderState | null>>())
  const context = contexts.get(createContext) ?? createContext<ProviderState | null>(null)
  contexts.set(createContext, context)
  return context
}

const ProviderContext = /* @__PURE__ */ getProviderContext()

/** @throws without a FlagsProvider above: this is a mistake in the app */
export const useProviderState = (): ProviderState => {
  const state = useContext(ProviderContext)
  if (state === null) throw new Error('@indietix/flags: render a <FlagsProvider> above')
  return state
}

const contexts = new WeakMap<Bundle, string>()

/** True when the bundle belongs to this context: the first one it was given with. It stays the same after a sign-in. */
const belongsTo = (contextJson: string, bundle: Bundle): boolean => {
  const first = contexts.get(bundle) ?? contextJson
  contexts.set(bundle, first)
  return first === contextJson
}

/** The part of TanStack Query's client that the provider uses. */
export type QueryCacheMirror = {
  readonly setQueryData: (queryKey: readonly unknown[], data: unknown) => unknown
}

/** Options that a server component can pass to the page. */
export type SerializableOptions = Pick<
  FlagsOptions,
  'url' | 'key' | 'timeoutMs' | 'attributes' | 'keepVariants' | 'keepValues'
> & { readonly stream?: boolean }

/** A client, or the options of one that the provider makes once. A server component cannot pass a client. */
type ClientProps =
  | { readonly client: FlagsClient; readonly options?: undefined }
  | { readonly options: SerializableOptions; readonly client?: undefined }

export type FlagsProviderProps = ClientProps & {
  /** The user and their attributes. An equal object changes nothing. */
  readonly context: FlagsContext
  /** The bundle that the server rendered with. The page is hydrated with the same values. */
  readonly bootstrap?: Bundle | undefined
  /**
   * A QueryClient of TanStack Query, such as for its devtools: it gets a copy of the bundle under
   * `['@indietix/flags', client.name, context]`. The hooks read the flags client, whatever happens to the copy.
   */
  readonly queryClient?: QueryCacheMirror | undefined
  readonly children?: ReactNode
}

/** One client for equal options: the provider may be unmounted, or be in the page twice. */
const getClient = (options: SerializableOptions): FlagsClient => {
  const clients = share('clients', () => new Map<string, FlagsClient>())
  const { url, key, timeoutMs, attributes, stream, keepVariants, keepValues } = options
  const name = JSON.stringify([url, key, timeoutMs, attributes, stream, keepVariants, keepValues])
  const client = clients.get(name) ?? createFlagsClient(options)
  clients.set(name, client)
  return client
}

/** Provides a client and a context to the hooks below. */
export const FlagsProvider = ({ children, queryClient, ...props }: FlagsProviderProps) => {
  const client = props.client ?? getClient(props.options)
  const contextJson = JSON.stringify(client.readContext(props.context))
  const state = useMemo((): ProviderState => {
    const context = JSON.parse(contextJson) as FlagsContext
    const bootstrap =
      props.bootstrap && belongsTo(contextJson, props.bootstrap) ? props.bootstrap : undefined
    if (bootstrap) client.seed(context, bootstrap)
    return { client, context, bootstrap }
  }, [client, contextJson, props.bootstrap])

  useEffect(() => {
    if (!queryClient) return undefined
    const mirror = () => {
      const bundle = client.peek(state.context)
      if (bundle) queryClient.setQueryData(['@indietix/flags', client.name, state.context], bundle)
    }
    mirror()
    return client.subscribe(state.context, mirror)
  }, [client, queryClient, state])

  // React 18 has no `<ProviderContext value>`.
  return <ProviderContext.Provider value={state}>{children}</ProviderContext.Provider>
}
