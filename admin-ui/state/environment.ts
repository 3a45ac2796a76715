import { computed, effect } from '@preact/signals'
import type { EnvironmentTone } from '../../schema/session.ts'
import { me } from './session.ts'

/** The environment that this console administers; null when it has no name. */
export const environment = computed(() => me.value?.environment ?? null)

/** The tones of the style sheet. */
const TONES: Readonly<Record<EnvironmentTone, string>> = {
  red: 'bad',
  amber: 'careful',
  green: 'good',
  blue: 'open',
}

export const environmentTone = computed(() => {
  const tone = environment.value?.tone
  return tone && TONES[tone]
})

const APP = 'IndieTix Flags'

/** The title of the browser's tab, which names the environment. */
export const toDocumentTitle = (title: string): string =>
  [title, environment.value?.name, APP].filter(Boolean).join(' · ')

/** Shows the environment's colour in the browser's tab. */
export const colourIcon = (): (() => void) =>
  effect(() => {
    const tone = environment.value?.tone
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (icon) icon.href = tone ? `/icon-${tone}.svg` : '/icon.svg'
  })
