import { computed, signal } from '@preact/signals'
import type { Role } from '../../schema/key.ts'
import type { Me } from '../../schema/session.ts'
import { readAnswer, api, ApiError, describeError, onSignedOut } from '../api.ts'

type Session =
  | { readonly status: 'asking' }
  | { readonly status: 'out' }
  | { readonly status: 'unknown'; readonly why: string }
  | {
      readonly status: 'in'
      readonly me: Me
      /** It has ended by itself. What is on the screen stays: some of it may not be saved yet. */
      readonly isOver?: boolean
    }

export const session = signal<Session>({ status: 'asking' })

export const me = computed(() => (session.value.status === 'in' ? session.value.me : null))

const RANK: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, admin: 2 }

/** Whether who is signed in may do what takes this role. The server decides; this only says so beforehand. */
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

onSignedOut(() => {
  if (session.value.status === 'in') session.value = { ...session.value, isOver: true }
})
