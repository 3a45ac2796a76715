/**
 * Days of intake before a verdict when a plan names none: one of each weekday. This file has no zod, because the admin
 * UI uses it.
 */
export const DEFAULT_MINIMUM_DAYS = 7
