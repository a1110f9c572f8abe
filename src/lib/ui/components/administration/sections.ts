/** The sections of the administration: one address, one screen each. */
import { m } from '../../messages/catalogue.ts'

const administrationHome = '/settings/administration'

export interface AdministrationSection {
	readonly href: string
	readonly label: () => string
}

export const administrationSections: readonly AdministrationSection[] = [
	{ href: administrationHome, label: m.admin_people },
	{ href: `${administrationHome}/invitations`, label: m.admin_invites },
	{ href: `${administrationHome}/rooms`, label: m.admin_rooms },
	{ href: `${administrationHome}/reports`, label: m.admin_reports },
	{ href: `${administrationHome}/log`, label: m.admin_audit },
	{ href: `${administrationHome}/storage`, label: m.admin_storage },
	{ href: `${administrationHome}/sight`, label: m.admin_sight },
]
