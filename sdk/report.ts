import { attempt } from './internal.ts'
import type { Dropped } from './outbox.ts'
import type { Reply } from './request.ts'

/** What to do about an answer that will not change by itself. */
const ADVICE: Readonly<Record<number, string>> = {
  400: 'The service cannot read this request; see the reason',
  401: 'Check `key`: the service does not know it, or it is revoked',
  403: 'The key does not allow this: check its origins, and whether it demands a signed user',
  413: 'Send a smaller context',
}

const CHECK_URL = 'Check `url`: it must be the origin of the flags service'

/** The service's own words about a refused request. They name no values, so no user id gets onto the console. */
const describeIssues = (body: unknown): string => {
  const { errorDetails, issues } = Object(body) as { errorDetails?: unknown; issues?: unknown }
  const lines = (Array.isArray(issues) ? issues : []).map((issue: unknown) => {
    const { path, message } = Object(issue) as { path?: unknown; message?: unknown }
    return `${String(path)}: ${String(message)}`
  })
  return lines.length > 0 ? lines.join('; ') : typeof errorDetails === 'string' ? errorDetails : ''
}

/** Tells the app about failures: `onError` gets each one, the console one warning of each kind in a client's life. */
export const createReporter = (onError: (error: unknown) => void) => {
  const kinds = new Set<unknown>()

  const warn = (kind: unknown, text: string): void => {
    if (kinds.has(kind)) return
    kinds.add(kind)
    attempt(() => console.warn(`@indietix/flags: ${text}`))
  }

  return {
    warn,
    reportProblem: (kind: string, text: string, cause?: unknown): void => {
      onError(new Error(text, { cause }))
      warn(kind, text)
    },
    reportFailure: ({ status, error, body }: Reply): void => {
      onError(error)
      const { errorCode } = Object(body) as { errorCode?: unknown }
      const advice = ADVICE[status] ?? (status === 404 && !errorCode ? CHECK_URL : undefined)
      if (!advice) return
      const details = attempt(() => describeIssues(body)) ?? ''
      const message = error instanceof Error ? error.message : ''
      warn(
        status,
        `${message}. ${advice}${details && ` (${details})`}. Reads return their defaults.`,
      )
    },
    warnAboutDrop: ({ items, reason }: Dropped): void =>
      warn(
        `drop ${reason}`,
        `${items.length} dropped: ${reason}. Further ones are counted in pending().dropped.`,
      ),
  }
}

export type Reporter = ReturnType<typeof createReporter>
