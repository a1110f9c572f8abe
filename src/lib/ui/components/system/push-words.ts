/** What the system shows when this device is woken, in the language of the window: the service worker has no catalogue. */
import { m } from '../../messages/catalogue.ts'

export const pushWords = () => ({ message: m.push_message(), test: m.push_test() })
