type Props = { readonly rollout: number; readonly state: 'on' | 'partly' | 'off' }

/** A rollout at a glance: the number, and how full that is. */
export const RolloutBar = ({ rollout, state }: Props) => (
  <span class="rollout-bar" data-state={state}>
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class="share" width={rollout} height="6" />
    </svg>
    {rollout} %
  </span>
)
