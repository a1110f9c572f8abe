/** Databases of this origin. */
export const storageName = 'kith'
export const keyStoreName = 'kith-keys'
