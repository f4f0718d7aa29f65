// ESLint for the web UI's scripts and their tests: what is surely a mistake, nothing about taste.
import js from "@eslint/js";

const names = (text) => Object.fromEntries(text.split(/\s+/).map((name) => [name, "readonly"]));
const everywhere = "console URL URLSearchParams setTimeout clearTimeout setInterval clearInterval fetch AbortController TextDecoder";

export default [
  js.configs.recommended,
  {
    files: ["web/scripts/*.js"],
    languageOptions: {
      globals: names(`${everywhere} window document location history navigator localStorage matchMedia EventSource
        requestAnimationFrame cancelAnimationFrame Element HTMLElement Event CustomEvent Node FormData Intl`),
    },
  },
  {
    files: ["tests/web/*.mjs"],
    languageOptions: { globals: names(`${everywhere} process Buffer document window localStorage getComputedStyle`) },
  },
  { rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error" } },
];
