/** Changes when the same model would be converted to other bytes: converted files of before are then not used. */
export const CONVERTER_VERSION = '1';
