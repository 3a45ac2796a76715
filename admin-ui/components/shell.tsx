import { useEffect } from 'preact/hooks'
import { SignInPage } from '../pages/sign-in.tsx'
import { pageAt } from '../pages/routes.tsx'
import { address } from '../router.ts'
import { listen, useLive } from '../state/live.ts'
import { loadFlags } from '../state/flags.ts'
import { askWhoIsIn, session } from '../state/session.ts'
import { Empty } from './empty.tsx'
import { Header } from './header.tsx'
import { Notices } from './notices.tsx'

/** Everything there is for who is signed in. */
const Admin = () => {
  useEffect(listen, [])
  useLive(loadFlags)
  return (
    <>
      <Header />
      <main>{pageAt(address.value)}</main>
      <Notices />
    </>
  )
}

export const Shell = () => {
  switch (session.value.status) {
    case 'asking':
      return <main aria-busy="true" />
    case 'unknown':
      return (
        <main>
          <Empty title="No answer">
            <p>{session.value.why}</p>
            <button type="button" onClick={() => void askWhoIsIn()}>
              Try again
            </button>
          </Empty>
        </main>
      )
    case 'out':
      return <SignInPage why={session.value.why} />
    case 'in':
      return <Admin />
  }
}
