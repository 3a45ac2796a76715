import type { ComponentChildren } from 'preact'

/** Where a list would be: says why there is none, and what to do about it. */
export const Empty = ({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ComponentChildren
}) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
)

/** A load that failed, above what was loaded before. Not to be taken for an edit that failed for the same reason. */
export const LoadError = ({
  error,
  retry,
}: {
  readonly error: string | null
  readonly retry: () => void
}) =>
  error === null ? null : (
    <div class="alert" role="alert">
      <p>Loading failed. {error}</p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  )

/** Rows to come. */
export const Loading = ({ what }: { readonly what: string }) => (
  <div class="loading" role="status">
    <span class="visually-hidden">Loading {what}…</span>
    <i />
    <i />
    <i />
    <i />
  </div>
)
