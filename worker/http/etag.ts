/** Whether `If-None-Match` lets the answer through: it is absent, or names another tag (RFC 9110, 13.1.2). */
export const isModified = (header: string | undefined, etag: string): boolean =>
  header === undefined ||
  !header.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')))
