/** The event types that count in results. Triggers of D1 name them too. */
export const COUNTED_EVENT_TYPES = ['booking.confirmed', 'event.viewed'] as const

/** True for an event type that counts in results. */
export const isCountedEvent = (type: string): boolean =>
  COUNTED_EVENT_TYPES.some((counted) => counted === type)
