/** `npm run docs`: writes the pages of docs/ that are made from code. A test holds them to it. */
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { configurationDocument } from '../config.ts'

const root = resolve(import.meta.dirname, '../..')

await writeFile(join(root, 'docs/configuration.md'), configurationDocument())
