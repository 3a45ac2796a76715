import type { Listed } from '../state/list.ts'
import { AuditLink } from './audit-link.tsx'
import { Empty, Loaded } from './empty.tsx'
import { Page } from './page.tsx'

type Props = {
  readonly noun: 'flag' | 'segment' | 'experiment'
  readonly name: string
  readonly list: Listed<unknown>
  readonly retry: () => unknown
}

/** The page of a flag, segment or experiment that does not exist or is not loaded. */
export const MissingPage = ({ noun, name, list, retry }: Props) => (
  <Page title={name}>
    <Loaded {...list} what={`the ${noun}`} retry={retry}>
      {() => (
        <Empty title={`There is no such ${noun}`}>
          <p>
            It may have been deleted.{' '}
            <AuditLink target={`${noun}:${name}`}>See its changes in the audit</AuditLink>.
          </p>
        </Empty>
      )}
    </Loaded>
  </Page>
)
