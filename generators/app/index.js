// Plain JavaScript on purpose: yo loads this file as it is, from a linked checkout as from an installed package.
export { default } from '../../dist/generators/app/generator.js';
