import { parseFlow } from './parse.ts';
const a=Array.from({length:100000},(_, i)=>`l${i}: 1\n`).join('');
let s=performance.now(); parseFlow(a); console.log(performance.now()-s);
const b='do:\n'+Array.from({length:20000},(_, i)=>`- t${i}:\n    set: { a: 1 }\n`).join('');
s=performance.now(); parseFlow(b); console.log(performance.now()-s);
s=performance.now(); parseFlow(b); console.log(performance.now()-s);
