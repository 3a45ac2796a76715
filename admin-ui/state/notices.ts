import { signal } from '@preact/signals'
import { describeError } from '../api.ts'
import { watchEdge } from './live.ts'

export type Notice = {
  readonly id: number
  readonly text: string
  readonly isError?: boolean
  /** The snapshot version with the change. The notice says whether the edge serves it. */
  readonly version?: number
  readonly undo?: (() => Promise<unknown>) | null | undefined
}

const MOST = 3
let lastId = 0

/** Recent changes and errors. They stay until they are dismissed or three newer ones arrive. */
export const notices = signal<readonly Notice[]>([])

export const dismiss = (id: number): void => {
  notices.value = notices.value.filter((notice) => notice.id !== id)
}

export const notify = (notice: Omit<Notice, 'id'>): void => {
  notices.value = [{ ...notice, id: ++lastId }, ...notices.value].slice(0, MOST)
  if (notice.version !== undefined) void watchEdge(notice.version)
}

export const notifyError = (error: unknown): void =>
  notify({ text: describeError(error), isError: true })
