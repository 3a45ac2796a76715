import { OFREPWebProvider, type OFREPWebProviderOptions } from '@openfeature/ofrep-web-provider'
import {
  OpenFeature,
  ProviderEvents,
  type EvaluationContext,
  type EventDetails,
  type Provider,
} from '@openfeature/web-sdk'
import { EventSource } from 'eventsource'
import { credential } from './server-api.ts'
import { within } from './server-wait.ts'

Object.assign(globalThis, { EventSource }) // what a browser has and Node has not

/** The provider's HTTP requests and their answers. */
export type Exchange = {
  readonly query: URLSearchParams
  readonly ifNoneMatch: string | null
  readonly status: number
}

/** Passes requests on and notes them. */
const recording =
  (exchanges: Exchange[]) =>
  async (...sent: Parameters<typeof fetch>): Promise<Response> => {
    const request = new Request(...sent)
    const response = await fetch(request)
    exchanges.push({
      query: new URL(request.url).searchParams,
      ifNoneMatch: request.headers.get('If-None-Match'),
      status: response.status,
    })
    return response
  }

/** The official web SDK with the official OFREP provider: bulk evaluation, then the stream. It never polls here. */
export const webClient = async (
  baseUrl: string,
  context: EvaluationContext,
  options: Partial<OFREPWebProviderOptions> = {},
) => {
  const domain = crypto.randomUUID()
  const exchanges: Exchange[] = []
  const provider = new OFREPWebProvider({
    baseUrl,
    headers: [['Authorization', `Bearer ${credential.client}`]],
    cacheMode: 'disabled',
    fetchImplementation: recording(exchanges),
    ...options,
  })
  await OpenFeature.setProviderAndWait(domain, provider as Provider, context)
  const client = OpenFeature.getClient(domain)

  /** Resolves at the next such event. It listens from the call on: call it before what causes the event. */
  const next = (event: ProviderEvents) => {
    const heard = new Promise<{ details: EventDetails | undefined; at: number }>((resolve) =>
      client.addHandler(event, (details) => resolve({ details, at: performance.now() })),
    )
    return within(20_000, heard, event)
  }

  return {
    client,
    exchanges,
    setContext: (changed: EvaluationContext) => OpenFeature.setContext(domain, changed),
    nextChange: async () => {
      const { details, at } = await next(ProviderEvents.ConfigurationChanged)
      return { flagsChanged: details?.flagsChanged, at }
    },
    nextStale: () => next(ProviderEvents.Stale),
    nextError: () => next(ProviderEvents.Error),
    close: async () => provider.onClose?.(),
  }
}

export type WebClient = Awaited<ReturnType<typeof webClient>>
