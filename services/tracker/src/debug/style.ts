/** The panel's look: of its own, whatever the page has. */

export const STYLE = `
:host { all: initial; }
section { position: fixed; z-index: 2147483647; right: 12px; bottom: 12px; box-sizing: border-box;
  width: min(420px, calc(100vw - 24px)); max-height: min(560px, calc(100vh - 24px)); overflow: auto;
  font: 13px/1.45 system-ui, sans-serif; color-scheme: light dark; color: light-dark(#1c2024, #e6e8eb);
  background: light-dark(#fff, #17191c); border: 1px solid light-dark(#c9ced6, #3a3f47);
  border-radius: 8px; box-shadow: 0 6px 24px #0004; }
header { position: sticky; top: 0; display: flex; gap: 8px; align-items: center; padding: 8px 12px;
  background: inherit; border-bottom: 1px solid light-dark(#e1e5ea, #2b2f36); }
h1 { flex: 1; margin: 0; font-size: 14px; }
h2 { margin: 12px 12px 4px; font-size: 12px; color: light-dark(#5a6472, #9aa4b2); }
button { font: inherit; color: inherit; padding: 3px 9px; border-radius: 5px; cursor: pointer;
  background: light-dark(#f1f3f5, #24282e); border: 1px solid light-dark(#c9ced6, #3a3f47); }
button:focus-visible { outline: 2px solid light-dark(#0b62d6, #6aa9ff); }
ul { margin: 0; padding: 0 12px 10px; list-style: none; }
li { padding: 5px 0; overflow-wrap: anywhere; border-top: 1px solid light-dark(#eef0f3, #22262c); }
li:first-child { border-top: 0; }
p { margin: 0; }
.cure { color: light-dark(#5a6472, #9aa4b2); }
.id { font: 11px/1.4 ui-monospace, monospace; color: light-dark(#5a6472, #9aa4b2); }
.bad { color: light-dark(#b42318, #ff8a80); }
.good { color: light-dark(#16713a, #6fd08c); }
`;
