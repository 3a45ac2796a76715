import { Button } from '../components/button.tsx'
import { Empty } from '../components/empty.tsx'
import { Keys } from '../components/keys.tsx'
import { Members } from '../components/members.tsx'
import { Page } from '../components/page.tsx'
import { hasRole } from '../state/session.ts'

export const KeysPage = () => (
  <Page title="Keys and members">
    {hasRole('admin') ? (
      <>
        <Keys />
        <Members />
      </>
    ) : (
      <Empty title="Only admins see keys and members">
        <p>Ask an admin for access.</p>
        <Button needs="admin">New key</Button>
      </Empty>
    )}
  </Page>
)
