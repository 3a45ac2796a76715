import { useEffect } from 'preact/hooks'
import { SignInForm, SignInPage } from './pages/sign-in.tsx'
import { CurrentPage, preloadPage } from './pages/routes.tsx'
import { address, confirmLeaving } from './router.ts'
import { colourIcon } from './state/environment.ts'
import { listen, useLive } from './state/live.ts'
import { loadFlags } from './state/flags.ts'
import { loadSession, session } from './state/session.ts'
import { Button } from './components/button.tsx'
import { closeDialog, Dialog, dialogShown } from './components/dialog.tsx'
import { Empty } from './components/empty.tsx'
import { Header } from './components/header.tsx'
import { Notices } from './components/notices.tsx'

const leave = () => {
  if (confirmLeaving()) session.value = { status: 'out' }
}

/** The UI after sign-in. */
const Admin = ({ isOver }: { readonly isOver: boolean | undefined }) => {
  useEffect(() => (isOver ? undefined : listen()), [isOver])
  // A dialog closes when the page changes.
  useEffect(() => closeDialog, [address.value.pathname])
  useLive(loadFlags)
  useEffect(colourIcon, [])
  return (
    <>
      <Header preload={preloadPage} />
      <main>
        <CurrentPage />
      </main>
      <Notices />
      {dialogShown.value}
      {isOver && (
        <Dialog title="Your session has ended. Sign in to continue." onDismiss={leave}>
          <SignInForm />
        </Dialog>
      )}
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
          <Empty title="The console could not start">
            <p>{session.value.why}</p>
            <Button onClick={loadSession}>Try again</Button>
          </Empty>
        </main>
      )
    case 'out':
      return <SignInPage />
    case 'in':
      return <Admin isOver={session.value.isOver} />
  }
}
