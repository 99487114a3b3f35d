/**
 * A hash of the sources of this folder, so that what another converter kept is not used. Part of the key of a conversion and
 * written into each file; `test/runtime/convert/version.test.ts` says what must stand here.
 */
export const CONVERTER_VERSION = '8b69535d3583';
