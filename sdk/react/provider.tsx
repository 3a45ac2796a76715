import { QueryClient, QueryClientContext } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import type { Bundle } from '../bundle.ts'
import type { FlagsClient } from '../client.ts'
import { readContext, type FlagsContext } from '../context.ts'
import { flagsQuery } from './query.ts'

/** The provider's value. Its identity changes only when its meaning changes. */
export type FlagsState = {
  readonly client: FlagsClient
  readonly queryClient: QueryClient
  readonly context: FlagsContext
  readonly bootstrap: Bundle | undefined
}

const FlagsStateContext = createContext<FlagsState | null>(null)

/** @throws without a FlagsProvider above: this is a mistake in the app */
export const useFlagsState = (): FlagsState => {
  const state = useContext(FlagsStateContext)
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

export type FlagsProviderProps = {
  readonly client: FlagsClient
  /** The user and their attributes. An equal object changes nothing. */
  readonly context: FlagsContext
  /** The bundle that the server rendered with. The page is hydrated with the same values. */
  readonly bootstrap?: Bundle | undefined
  /** Default: the client of the QueryClientProvider above, else a new one. */
  readonly queryClient?: QueryClient | undefined
  readonly children?: ReactNode
}

/** Provides a client and a context to the hooks below. */
export const FlagsProvider = ({ client, children, ...props }: FlagsProviderProps) => {
  const above = useContext(QueryClientContext)
  const [ownQueryClient] = useState(() => new QueryClient())
  const queryClient = props.queryClient ?? above ?? ownQueryClient
  const contextJson = JSON.stringify(readContext(props.context))
  const state = useMemo((): FlagsState => {
    const context = JSON.parse(contextJson) as FlagsContext
    const bootstrap =
      props.bootstrap && belongsTo(contextJson, props.bootstrap) ? props.bootstrap : undefined
    if (bootstrap) client.seed(context, bootstrap)
    return { client, queryClient, context, bootstrap }
  }, [client, queryClient, contextJson, props.bootstrap])

  useEffect(() => {
    const { queryKey } = flagsQuery(state)
    const update = () => {
      const updatedAt = client.verifiedAt(state.context)
      queryClient.setQueryData(queryKey, client.peek(state.context), { updatedAt })
    }
    update() // it may have changed while nothing was mounted
    return client.subscribe(state.context, update)
  }, [client, queryClient, state])

  return <FlagsStateContext value={state}>{children}</FlagsStateContext>
}
