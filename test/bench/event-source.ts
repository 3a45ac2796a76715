type Listener = (event: { readonly type: string; readonly lastEventId?: string }) => void

/** The part of EventSource that the client uses, on `fetch`. Node has no EventSource. */
export class FetchedEventSource {
  private readonly connection = new AbortController()
  private readonly listeners = new Map<string, Listener>()

  constructor(url: string) {
    this.follow(url).catch(() => this.tell({ type: 'error' }))
  }

  addEventListener(type: string, listener: Listener) {
    this.listeners.set(type, listener)
  }

  close() {
    this.connection.abort()
  }

  private tell(event: Parameters<Listener>[0]) {
    if (!this.connection.signal.aborted) this.listeners.get(event.type)?.(event)
  }

  private async follow(url: string) {
    const { body } = await fetch(url, { signal: this.connection.signal })
    const decoder = new TextDecoder()
    for await (const chunk of body ?? [])
      for (const [, lastEventId = ''] of decoder.decode(chunk).matchAll(/^id: (\d+)$/gm))
        this.tell({ type: 'message', lastEventId })
    throw new Error('the stream ended')
  }
}
