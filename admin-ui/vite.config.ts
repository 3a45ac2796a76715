import { defineConfig, type Plugin } from 'vite'
import { writeRedirects } from './page-table.ts'

const root = new URL('.', import.meta.url).pathname

const redirects: Plugin = {
  name: 'redirects',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: '_redirects', source: writeRedirects() })
  },
}

/** Builds static files. `npm start` and Workers Assets serve dist/ as it is. */
export default defineConfig({
  root,
  plugins: [redirects],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The first versions with `light-dark()`, nested CSS rules and `Map.groupBy`, which the UI uses without a fallback.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // An inlined asset is a `data:` address, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The evaluator has no side effects, so the build may drop the parts that the UI does not call.
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /\/worker\//, sideEffects: false }] },
    },
  },
})
