import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  // The foreign program resolves the package only where it is installed: test/integration/package.test.ts type-checks it there.
  { ignores: ["node_modules/", "dist/", "**/*.js", "examples/reuse/"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ["*.mjs"] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
    },
  },
  // A Pulumi program is made of resources created for their effect.
  {
    files: ["components/**", "stacks/**"],
    rules: { "no-new": "off", "@typescript-eslint/no-unused-expressions": "error" },
  },
);
