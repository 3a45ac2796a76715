import type { ComponentChildren } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { Alert } from '../components/alert.tsx'
import { useBusy } from '../components/use-busy.ts'
import { Field } from '../components/field.tsx'
import { readText } from '../components/read-text.ts'
import { signIn } from '../state/session.ts'

export const SignInForm = ({ children }: { readonly children?: ComponentChildren }) => {
  const { isBusy, error, run } = useBusy()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const token = readText(event.currentTarget, 'token')
        void run(() => signIn(token))
      }}
    >
      {children}
      <Field
        label="Admin token"
        help="An admin makes tokens under Keys & members. A session lasts 12 hours."
        name="token"
        type="password"
        autocomplete="current-password"
        autofocus
        required
        maxLength={200}
      />
      <Alert text={error.value} />
      <button type="submit" class="primary" disabled={isBusy.value}>
        Sign in
      </button>
    </form>
  )
}

export const SignInPage = () => {
  useLayoutEffect(() => {
    document.title = 'Sign in · IndieTix Flags'
    // After signing out, `autofocus` does nothing, because another element had the focus.
    document.querySelector('input')?.focus()
  }, [])
  return (
    <main class="sign-in">
      <SignInForm>
        <h1>
          IndieTix <b>Flags</b>
        </h1>
      </SignInForm>
    </main>
  )
}
