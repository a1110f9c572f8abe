/**
 * The picture of a group or room (SPEC PIC): 16 random bytes ‖ the image. Its SHA-256 stands in the sealed title, and leads
 * whoever reads the title to its name at the server and to its key; so a picture needs no key of an epoch, and outlives each.
 */
import { concatBytes, type Bytes } from './bytes.ts'
import { PICTURE_MAX } from './limits.ts'
import { aadTags, keyTags, tagged } from './tags.ts'

const saltLength = 16
const tagLength = 16

/** Of the sealed bytes, longest (PIC2). */
export const sealedPictureMax = saltLength + PICTURE_MAX + tagLength

/** `salt`: 16 bytes; without it the hash of a known image would tell that it is this one. Throws on a length that no picture has. */
export function pictureBytes(salt: Bytes, image: Uint8Array): Bytes {
	if (salt.length !== saltLength || image.length === 0 || image.length > PICTURE_MAX)
		throw new RangeError('no length of a picture')
	return concatBytes(salt, image)
}

export function imageOf(bytes: Bytes): Bytes {
	return bytes.slice(saltLength)
}

export function pictureNameInfo(): Bytes {
	return tagged(keyTags.pictureName)
}

export function pictureKeyInfo(): Bytes {
	return tagged(keyTags.picture)
}

export function pictureAad(conversation: Bytes): Bytes {
	return tagged(aadTags.picture, conversation)
}
