// ESLint for the web UI's scripts and their tests: what is surely a mistake, nothing about taste.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  { files: ["**/web/scripts/*.js"], languageOptions: { globals: globals.browser } },
  // A test runs in Node.js, and what it hands to the browser in there.
  { files: ["**/tests/web/*.mjs"], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  { rules: { eqeqeq: "error", "no-control-regex": "off", "no-empty": ["error", { allowEmptyCatch: true }], "no-var": "error", "prefer-const": "error" } },
];
