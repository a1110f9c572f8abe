/** What a device is called: what it said of itself, else the first signs of its id, which a person can compare. */
import type { DeviceView } from '../state/views.ts'
import { m } from './catalogue.ts'

export function deviceName({ device, label }: Pick<DeviceView, 'device' | 'label'>): string {
	if (label === null) return m.devices_name({ code: device.slice(0, 6) })
	return m.devices_label({ browser: label.browser, system: label.system })
}
