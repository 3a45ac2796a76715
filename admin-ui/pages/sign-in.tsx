import { useEffect } from 'preact/hooks'
import { Alert } from '../components/alert.tsx'
import { useBusy } from '../components/busy.ts'
import { Field } from '../components/field.tsx'
import { textIn } from '../components/form.ts'
import { signIn } from '../state/session.ts'

export const SignInPage = ({ why }: { readonly why?: string | undefined }) => {
  const { isBusy, error, run } = useBusy()
  useEffect(() => {
    document.title = 'Sign in · IndieTix Flags'
  }, [])
  return (
    <main class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const token = textIn(event.currentTarget, 'token')
          void run(() => signIn(token))
        }}
      >
        <h1>
          IndieTix <b>Flags</b>
        </h1>
        {why && (
          <p class="alert" role="status">
            {why}
          </p>
        )}
        <Field
          label="Admin token"
          help="An admin makes one under Keys. The session lasts 12 hours."
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
    </main>
  )
}
