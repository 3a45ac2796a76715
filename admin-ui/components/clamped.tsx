/** Text of people's own, its first two lines. */
export const Clamped = ({ text }: { readonly text: string | null | undefined }) =>
  text ? (
    <p class="clamped quiet" dir="auto">
      {text}
    </p>
  ) : null
