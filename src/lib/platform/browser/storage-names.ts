/** Databases of this origin. */
export const storageName = 'kith'
export const keyStoreName = 'kith-keys'
/** Folder in the private file system. */
export const shelfName = 'kith-files'
