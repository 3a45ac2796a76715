/** Properties of our own, which the build shortens, are named so, and no field of the API is. */
export const OWN = /^(is|on|issues)[A-Z]/

/** But for these, of browsers and of JavaScript (test/unit/admin-ui/names.test.ts fails when one is forgotten). */
export const FOREIGN = [
  'isArray',
  'isConnected',
  'isFinite',
  'isInteger',
  'isNaN',
  'isSecureContext',
  'onBlur',
  'onCancel',
  'onChange',
  'onClick',
  'onClose',
  'onFocus',
  'onInput',
  'onKeyDown',
  'onPaste',
  'onSubmit',
]
