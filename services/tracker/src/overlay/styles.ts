/** The look of the overlay. Nothing of it reaches the page, and nothing of the page reaches it. */

import { RAMP } from "./heat";

export const CSS = `
:host{all:initial!important;position:fixed!important;inset:0!important;z-index:2147483647!important;pointer-events:none!important;color-scheme:light dark!important}
canvas{position:fixed;left:0;top:0}
section{position:fixed;right:12px;bottom:12px;width:320px;max-height:calc(100% - 24px);box-sizing:border-box;padding:12px;overflow:auto;pointer-events:auto;font:13px/20px system-ui,sans-serif;color:CanvasText;background:Canvas;border:1px solid #8888;border-radius:8px}
@media(max-width:480px){section{right:0;bottom:0;width:100%;max-height:50%}}
header,div{display:flex;gap:8px;align-items:center}
h2,i,label,select{flex:1}
h2{font-size:15px;margin:0}
i{height:8px;background:linear-gradient(90deg,${RAMP})}
select,button,label,summary{min-height:28px;min-width:28px}
button,select{font:inherit}
ol{margin:0;padding:0;list-style:none}
li button{width:100%;text-align:left;margin-top:4px;color:inherit;background:0 0}
h2,bdi{overflow-wrap:anywhere}
bdi{display:block;font-family:monospace}
b{color:light-dark(#a32020,#ff9d92)}
`;
