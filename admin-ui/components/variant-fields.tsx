import { shareText } from '../../worker/experiments/numbers.ts'
import {
  moveVariantUp,
  parseWeight,
  removeVariant,
  addVariant,
  type VariantDraft,
} from '../model/experiment-draft.ts'
import { VARIANT_NAME_PATTERN } from '../model/key-help.ts'
import { computeShares } from '../../worker/experiments/shares.ts'
import type { ExperimentForm } from '../state/experiment-form.ts'
import { Button } from './button.tsx'
import { Issues } from './field.tsx'
import { ShareBar } from './share-bar.tsx'

const LEAST = 2
const MOST = 20

type RowProps = {
  readonly form: ExperimentForm
  readonly variant: VariantDraft
  readonly index: number
  readonly share: number
}

const Row = ({ form, variant, index, share }: RowProps) => {
  const { variants } = form.draft.value
  const name = variant.name || `variant ${index + 1}`
  const set = (change: Partial<VariantDraft>) =>
    form.set({
      variants: variants.map((other) =>
        other.id === variant.id ? { ...other, ...change } : other,
      ),
    })
  const issues = `variant-${variant.id}-issues`
  return (
    <li>
      <input
        class="key"
        aria-label={`Name of variant ${index + 1}${index === 0 ? ', the control' : ''}`}
        aria-describedby={issues}
        autocomplete="off"
        spellcheck={false}
        required
        maxLength={64}
        pattern={VARIANT_NAME_PATTERN}
        title="Letters and digits, joined by single dots, dashes or underscores"
        value={variant.name}
        onInput={(event) => set({ name: event.currentTarget.value })}
      />
      <input
        type="number"
        aria-label={`Weight of ${name}`}
        aria-describedby={issues}
        required
        min={0}
        max={10_000}
        step={1}
        value={variant.weight}
        onInput={(event) => set({ weight: event.currentTarget.value })}
      />
      <output aria-label={`Share of ${name}`}>{shareText(share)}</output>
      <Button
        class="plain"
        aria-label={`Move ${name} up`}
        disabled={index === 0}
        onClick={() => form.set({ variants: moveVariantUp(variants, variant.id) })}
      >
        ↑
      </Button>
      <Button
        class="plain"
        aria-label={`Remove ${name}`}
        disabled={variants.length <= LEAST}
        onClick={() => form.set({ variants: removeVariant(variants, variant.id) })}
      >
        ✕
      </Button>
      <div id={issues}>
        <Issues issues={form.issuesAt(`variants.${index}`)} />
      </div>
    </li>
  )
}

/** The variants and their weights. */
export const VariantFields = ({ form }: { readonly form: ExperimentForm }) => {
  const { variants } = form.draft.value
  const weighted = variants.map((variant) => ({
    name: variant.name,
    weight: parseWeight(variant) || 0,
  }))
  const shares = computeShares(weighted)
  return (
    <fieldset class="card">
      <legend>Variants</legend>
      <p class="quiet small">
        The first is the control. Weights are relative: 1 and 1 give half each.
      </p>
      <ShareBar variants={weighted} />
      <ol class="variant-rows">
        {variants.map((variant, index) => (
          <Row key={variant.id} {...{ form, variant, index }} share={shares[index] ?? 0} />
        ))}
      </ol>
      <Issues issues={form.issuesOf('variants')} />
      <p>
        <Button
          disabled={variants.length >= MOST}
          onClick={() => form.set({ variants: addVariant(variants) })}
        >
          Add a variant
        </Button>
      </p>
    </fieldset>
  )
}
