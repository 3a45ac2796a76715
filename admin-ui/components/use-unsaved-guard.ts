import { useEffect } from 'preact/hooks'
import { guardLeaving } from '../router.ts'

/** Asks before unsaved work is left behind, within the UI and when the tab is closed. */
export const useUnsavedGuard = (isUnsaved: () => boolean): void =>
  useEffect(() => guardLeaving(isUnsaved), [])
