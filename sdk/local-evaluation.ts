import type { Bundles } from './bundles.ts'
import { evaluateLocally as evaluateInPage, type EvaluateLocally } from './page-evaluation.ts'
import { isPage } from './page.ts'

type Methods = keyof Bundles
type Asynchronous = {
  [Name in Methods]: ReturnType<Bundles[Name]> extends Promise<unknown> ? Name : never
}[Methods]

/**
 * Evaluates in this process. The evaluator is a module of its own, loaded here: an app that does not use it does not load
 * it. Until then calls that can wait do so, and the others find no values. If it cannot be loaded, `remote` answers. The
 * package's build for pages has page-evaluation.ts in place of this file.
 */
export const evaluateLocally: EvaluateLocally = (settings, post, events, remote) => {
  if (isPage()) return evaluateInPage(settings, post, events, remote)
  let bundles: Bundles | undefined
  const load = async () => {
    try {
      const { createLocalBundles } = await import('./local-bundles.ts')
      bundles = createLocalBundles(settings, post, events, remote)
    } catch (error) {
      settings.warn('evaluation', 'local evaluation cannot be loaded: the service evaluates', error)
      bundles = remote
    }
  }
  const loading = load()

  const now =
    <Name extends Methods>(name: Name) =>
    (...args: Parameters<Bundles[Name]>) =>
      ((bundles ?? remote)[name] as (...args: unknown[]) => never)(...args)
  const later =
    <Name extends Asynchronous>(name: Name) =>
    (...args: Parameters<Bundles[Name]>) =>
      bundles ? now(name)(...args) : loading.then(() => now(name)(...args))
  const listen =
    <Name extends 'subscribe' | 'onStatus'>(name: Name) =>
    (...args: Parameters<Bundles[Name]>) => {
      const stop = loading.then(() => now(name)(...args))
      return () => void stop.then((stopNow: () => void) => stopNow()).catch(() => {})
    }

  return {
    getFlag: later('getFlag'),
    getValue: later('getValue') as Bundles['getValue'],
    getFlags: later('getFlags'),
    getVariant: later('getVariant'),
    read: later('read'),
    ready: later('ready'),
    refresh: later('refresh'),
    reload: later('reload'),
    reloadUser: later('reloadUser'),
    peek: now('peek'),
    // Without an array of arguments, which would cost as much as the read.
    peekFlag: (context, key, defaultValue) =>
      (bundles ?? remote).peekFlag(context, key, defaultValue),
    peekValue: (context, key, defaultValue) =>
      (bundles ?? remote).peekValue(context, key, defaultValue),
    verifiedAt: now('verifiedAt'),
    seed: now('seed'),
    pauseMs: now('pauseMs'),
    streamPath: now('streamPath'),
    getEventSource: now('getEventSource'),
    status: now('status'),
    confirm: now('confirm'),
    recover: now('recover'),
    close: () => void loading.then(now('close')),
    subscribe: listen('subscribe'),
    onStatus: listen('onStatus'),
  }
}
