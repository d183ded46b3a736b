import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { checkFlow } from './check.ts';
const hash={sha256:(t:string)=>createHash('sha256').update(t).digest('hex'),crc32:()=>0};
const d='/work/shared/open-workflow/examples/';
const purpose=(process.argv[2]??'check') as 'check';
for(const f of readdirSync(d)){const r=checkFlow(readFileSync(d+f,'utf8'),{hash,purpose,catalog:{describe:()=>undefined,names:()=>['http','log','sql.upsert']}}); console.log(r.valid?'ok ':'BAD',f); for(const p of r.problems)console.log('    ',p.severity[0],p.code.slice(10),p.line+':'+p.column,p.message,'|',p.hint??'');}
