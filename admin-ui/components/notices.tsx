import { now } from '../state/clock.ts'
import { edge } from '../state/live.ts'
import { dismiss, notices, notifyError, type Notice } from '../state/notices.ts'
import { hasRole } from '../state/session.ts'
import { useBusy } from './use-busy.ts'
import { Button } from './button.tsx'

/** Says whether the nearest edge location serves the change. */
const AtEdge = ({ version }: { readonly version: number }) => {
  const seen = edge.value
  if (!seen || seen.version < version) return <p class="small">Publishing snapshot {version}…</p>
  return (
    <p class="small" data-tone="good">
      Live at the edge: snapshot {version}
      {/* The seconds change all the time, so screen readers skip them. */}
      <span aria-live="off">, verified {Math.round((now() - seen.verifiedAt) / 1000)} s ago</span>
    </p>
  )
}

const NoticeItem = ({ notice }: { readonly notice: Notice }) => {
  const { id, text, isError, version, undo } = notice
  const { isBusy, run } = useBusy()
  return (
    <li class="card row" data-tone={isError ? 'bad' : undefined}>
      <div class="grow" role={isError ? 'alert' : undefined}>
        <bdi>{text}</bdi>
        {version !== undefined && <AtEdge version={version} />}
      </div>
      {undo && hasRole('editor') && (
        <Button
          disabled={isBusy.value}
          onClick={() =>
            // After an error the notice stays, so that Undo can be tried again.
            run(() => undo().then(() => dismiss(id), notifyError))
          }
        >
          Undo
        </Button>
      )}
      <Button class="plain" aria-label={`Dismiss: ${text}`} onClick={() => dismiss(id)}>
        ✕
      </Button>
    </li>
  )
}

export const Notices = () => (
  <section class="notices" role="status" aria-label="What just happened">
    <ul>
      {notices.value.map((notice) => (
        <NoticeItem key={notice.id} notice={notice} />
      ))}
    </ul>
  </section>
)
