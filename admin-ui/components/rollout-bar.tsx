type Props = { readonly rollout: number; readonly state: 'on' | 'partly' | 'off' }

const TONES = { on: 'good', partly: 'careful', off: '' } as const

/** The rollout as a bar and a number. */
export const RolloutBar = ({ rollout, state }: Props) => (
  <span class="rollout-bar" data-tone={TONES[state]}>
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect width={rollout} height="6" />
    </svg>
    {rollout} %
  </span>
)
