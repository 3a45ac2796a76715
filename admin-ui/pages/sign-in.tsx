import { useEffect } from 'preact/hooks'
import { useBusy } from '../components/busy.ts'
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
        <label htmlFor="token">Admin token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          autofocus
          required
          maxLength={200}
          aria-describedby="token-help"
          aria-invalid={error.value !== null}
        />
        <p id="token-help" class="quiet small">
          An admin makes one for you under Keys. The browser keeps only a session, for 12 hours.
        </p>
        {error.value !== null && (
          <p class="alert" role="alert">
            {error.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={isBusy.value}>
          Sign in
        </button>
      </form>
    </main>
  )
}
