/** What all stories share is made once before the first: two of them at the same time would build it twice. */
import { ensureBuild } from '../../server/ops/ensure-build.ts'

// eslint-disable-next-line no-restricted-syntax -- Playwright calls the default export
export default ensureBuild
