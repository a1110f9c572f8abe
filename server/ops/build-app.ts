/** `npm run build`: the web app, as the first start would build it; for whoever starts where nothing can be written. */
import { ensureBuild } from './ensure-build.ts'

await ensureBuild()
