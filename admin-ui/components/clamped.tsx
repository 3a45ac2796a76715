/** The first two lines of a text that a user wrote. */
export const Clamped = ({ text }: { readonly text: string | null | undefined }) =>
  text ? (
    <p class="clamped quiet" dir="auto">
      {text}
    </p>
  ) : null
