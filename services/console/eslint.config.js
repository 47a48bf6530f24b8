import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

// Accessibility is judged by axe on what comes out: see tests/console.
const MARKUP = "Text of events is text.";

export default ts.config(
  { ignores: ["src/api/schema.ts"] },
  ...ts.configs.recommended,
  hooks.configs.flat["recommended-latest"],
  {
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: MARKUP },
        { selector: "MemberExpression[property.name='innerHTML']", message: MARKUP },
      ],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // Ages tick and tokens are taken when a page opens: both are what these two warn of.
      "react-hooks/purity": "off",
      "react-hooks/set-state-in-effect": "off",
    },
  },
);
