import type { KeyKind, Role } from '../../schema/key.ts'
import { oneOf } from './query.ts'

/** The roles, and what each may do. */
export const ROLES: Readonly<Record<Role, string>> = {
  viewer: 'Sees everything, changes nothing',
  editor: 'Edits flags and experiments',
  admin: 'Also deletes, and manages keys and members',
}

/** The kinds of keys, and what each is for. */
export const KINDS: Readonly<Record<KeyKind, string>> = {
  client: 'Evaluates; may be in a browser or an app',
  server: 'Evaluates; for servers, which keep secrets',
  ...ROLES,
}

/** As a form has it, which offers nothing else; if it did, the least would be taken. */
export const parseKind = (text: string): KeyKind => oneOf(KINDS, text, 'client')
export const parseRole = (text: string): Role => oneOf(ROLES, text, 'viewer')
