import type { ComponentChildren } from 'preact'
import type { Listed } from '../state/list.ts'
import { Alert } from './alert.tsx'
import { Button } from './button.tsx'

/** Where a list would be: says why there is none, and what to do about it. */
export const Empty = ({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ComponentChildren
}) => (
  <div class="empty">
    <b>{title}</b>
    {children}
  </div>
)

/** A load that failed, above what was loaded before. Not to be taken for an edit that failed for the same reason. */
export const LoadError = ({
  error,
  retry,
}: {
  readonly error: string | null | undefined
  readonly retry: () => unknown
}) => (
  <Alert text={error && `Loading failed. ${error}`}>
    <Button onClick={retry}>Try again</Button>
  </Alert>
)

/** Grey rows while a list loads. */
export const Loading = ({ what }: { readonly what: string }) => (
  <div class="loading" role="status">
    <span class="visually-hidden">Loading {what}…</span>
    <i />
    <i />
    <i />
  </div>
)

type LoadedProps<Item> = Listed<Item> & {
  readonly what: string
  /** Explains the purpose of the items when there are none yet. */
  readonly about?: string
  readonly retry: () => unknown
  readonly children: (items: readonly Item[]) => ComponentChildren
}

/** Shows the loaded items, a placeholder while they load, or an error. */
export const Loaded = <Item,>(props: LoadedProps<Item>) => {
  const { items, error, what, about, retry, children } = props
  return (
    <>
      <LoadError error={error} retry={retry} />
      {!items && !error && <Loading what={what} />}
      {items &&
        (about && items.length === 0 ? (
          <Empty title={`No ${what} yet`}>
            <p>{about}</p>
          </Empty>
        ) : (
          children(items)
        ))}
    </>
  )
}
