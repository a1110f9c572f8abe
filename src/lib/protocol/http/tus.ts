/** The one version of tus (https://tus.io/protocols/resumable-upload) that is spoken here. */
export const tusVersion = '1.0.0'
