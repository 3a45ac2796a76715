import { computed, signal } from '@preact/signals'
import type { Role } from '../../schema/key.ts'
import type { Me } from '../../schema/session.ts'
import { readAnswer, api, ApiError, describeError, onUnauthorized } from '../api.ts'

type Session =
  | { readonly status: 'asking' }
  | { readonly status: 'out' }
  | { readonly status: 'unknown'; readonly why: string }
  | {
      readonly status: 'in'
      readonly me: Me
      /** The session has expired. The page stays, because it may have unsaved changes. */
      readonly isOver?: boolean
    }

export const session = signal<Session>({ status: 'asking' })

export const me = computed(() => (session.value.status === 'in' ? session.value.me : null))

const RANK: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, admin: 2 }

/** True when the session has this role or a higher one. The server checks again. */
export const hasRole = (role: Role): boolean =>
  me.value !== null && RANK[me.value.role] >= RANK[role]

export const loadSession = async (): Promise<void> => {
  try {
    session.value = { status: 'in', me: await readAnswer(api.me.$get()) }
  } catch (error) {
    session.value =
      error instanceof ApiError && error.status === 401
        ? { status: 'out' }
        : { status: 'unknown', why: describeError(error) }
  }
}

export const signIn = async (token: string): Promise<void> => {
  session.value = { status: 'in', me: await readAnswer(api.session.$post({ json: { token } })) }
}

export const signOut = async (): Promise<void> => {
  await readAnswer(api.session.$delete())
  session.value = { status: 'out' }
}

onUnauthorized(() => {
  if (session.value.status !== 'in') return false
  session.value = { ...session.value, isOver: true }
  return true
})
