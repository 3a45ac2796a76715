import { QueryClient, QueryClientContext } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import type { Bundle } from '../bundle.ts'
import type { FlagsClient } from '../client.ts'
import { readContext, type FlagsContext } from '../context.ts'
import { flagsQuery } from './query.ts'

/** What the hooks share. It is the same object for as long as it means the same. */
export type Shared = {
  readonly client: FlagsClient
  readonly queryClient: QueryClient
  readonly context: FlagsContext
  readonly bootstrap: Bundle | undefined
}

const SharedContext = createContext<Shared | null>(null)

/** @throws when no FlagsProvider is above: a mistake of the page, not of the service */
export const useShared = (): Shared => {
  const shared = useContext(SharedContext)
  if (shared === null) throw new Error('@indietix/flags: render a <FlagsProvider> above')
  return shared
}

const contexts = new WeakMap<Bundle, string>()

/** Whether a bundle is of this context: of the first that it was given for. A page has its own also after a sign-in. */
const isOf = (asked: string, bundle: Bundle): boolean => {
  const first = contexts.get(bundle) ?? asked
  contexts.set(bundle, first)
  return first === asked
}

export type FlagsProviderProps = {
  readonly client: FlagsClient
  /** Who asks; an object that means the same as before changes nothing. */
  readonly context: FlagsContext
  /** The bundle that the server rendered with: the page begins with it, and is hydrated without a mismatch. */
  readonly bootstrap?: Bundle | undefined
  /** Default: the one of the QueryClientProvider above, else one of its own. */
  readonly queryClient?: QueryClient | undefined
  readonly children?: ReactNode
}

/** Gives the hooks below a client and the context to ask for. */
export const FlagsProvider = ({ client, children, ...given }: FlagsProviderProps) => {
  const above = useContext(QueryClientContext)
  const [made] = useState(() => new QueryClient())
  const queryClient = given.queryClient ?? above ?? made
  const asked = JSON.stringify(readContext(given.context))
  const shared = useMemo((): Shared => {
    const context = JSON.parse(asked) as FlagsContext
    const own = given.bootstrap && isOf(asked, given.bootstrap) ? given.bootstrap : undefined
    if (own) client.seed(context, own)
    return { client, queryClient, context, bootstrap: own }
  }, [client, queryClient, asked, given.bootstrap])

  useEffect(() => {
    const { queryKey } = flagsQuery(shared)
    const tell = () => {
      const updatedAt = client.verifiedAt(shared.context)
      queryClient.setQueryData(queryKey, client.peek(shared.context), { updatedAt })
    }
    tell() // what changed while nobody was here to be told
    return client.subscribe(shared.context, tell)
  }, [client, queryClient, shared])

  return <SharedContext value={shared}>{children}</SharedContext>
}
