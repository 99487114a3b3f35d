export const loadmodel = () => null;
export const preprocessing = () => false;
export const predict = () => ({ predicted_label: 0, confidence: 1 });
