import { edge } from '../state/live.ts'
import { dismiss, notices, type Notice } from '../state/notices.ts'
import { may } from '../state/session.ts'
import { useBusy } from './busy.ts'
import { Button } from './button.tsx'

/** Whether a change is in effect at the edge location that answers us, as it says itself. */
const AtEdge = ({ version }: { readonly version: number }) => {
  const isLive = edge.value !== null && edge.value.version >= version
  return (
    <p class="small" data-tone={isLive ? 'good' : undefined}>
      {isLive
        ? `Live at the edge: version ${version}, verified ${edge.value?.ageSeconds ?? 0} s ago`
        : `Publishing version ${version}…`}
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
      {undo && may('editor') && (
        <Button
          disabled={isBusy.value}
          onClick={() =>
            run(async () => {
              await undo()
              dismiss(id)
            })
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
