import { defineConfig } from 'vite'

const root = new URL('.', import.meta.url).pathname

/** Static files and nothing else: what is not in dist/ is not there. Preact's JSX is built by Vite itself. */
export default defineConfig({
  root,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // An inlined asset is a `data:` address, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
