/** Backups that the server makes by itself: are there any, and is the newest new enough? */
import type { BackupPlan } from '#server/config.ts'
import { access, constants } from 'node:fs/promises'
import { backupsIn } from '../backup/scheduled.ts'
import { problem, warning, well, type Finding } from './finding.ts'

const hour = 60 * 60 * 1000

/** `instance`: serverId in base64url. */
export async function lookAtBackups(plan: BackupPlan | null, instance: string | null, now: number): Promise<Finding> {
	const about = 'backups'
	if (plan === null) return well(about, 'none are scheduled: KITH_BACKUP_FOLDER, or kith backup by hand')
	const mayWrite = await access(plan.folder, constants.W_OK).then(
		() => true,
		() => false,
	)
	const newest = (await backupsIn(plan.folder, instance ?? '')).at(-1)
	if (newest === undefined) {
		const todo = mayWrite
			? 'The first is made when the server starts; try kith backup, which says what is wrong.'
			: `Make ${plan.folder}, and give it to the user that runs the server.`
		return problem(about, `none in ${plan.folder}`, todo)
	}
	const hours = Math.floor((now - newest.at) / hour)
	if (hours > 2 * plan.everyHours)
		return problem(about, `the newest is ${hours} hours old`, 'Try kith backup, which says what is wrong.')
	if (plan.passphraseFile === null)
		return warning(
			about,
			`the newest is ${hours} hours old, without the secrets`,
			'Keep a copy of secrets.json elsewhere, or set KITH_BACKUP_PASSPHRASE_FILE.',
		)
	return well(about, `the newest is ${hours} hours old`)
}
