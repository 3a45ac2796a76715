import type { KeyKind, Role } from '../../schema/key.ts'
import { oneOf } from './query.ts'

/** The roles, with their rights. */
export const ROLES: Readonly<Record<Role, string>> = {
  viewer: 'Sees everything and changes nothing.',
  editor: 'Edits flags, segments and experiments.',
  admin: 'Also deletes, and manages keys and members.',
}

/** The kinds of keys, with their purpose. */
export const KINDS: Readonly<Record<KeyKind, string>> = {
  client: 'Evaluates flags. Safe to use in a browser or an app.',
  server: 'Evaluates flags. Only for servers, which keep secrets.',
  ...ROLES,
}

/** The form offers only valid values. Any other text gets the fewest rights. */
export const parseKind = (text: string): KeyKind => oneOf(KINDS, text, 'client')
export const parseRole = (text: string): Role => oneOf(ROLES, text, 'viewer')
