import { createHash } from 'node:crypto';
import { checkFlow } from './check.ts';
const hash={sha256:(t:string)=>createHash('sha256').update(t).digest('hex'),crc32:()=>0};
const http={name:'http',version:'1.0.0',summary:'',input:{},output:true,guarantee:(a:any,k:any)=>k?'keyed':/get/i.test(a.method)?'pure':'once',declarable:['pure','idempotent','keyed','once'],target:()=>'',concurrency:1,timeoutMs:1};
const up={...http,name:'sql.upsert',input:{type:'object',required:['connection','table','key','rows'],additionalProperties:false,properties:{connection:{type:'string'},table:{type:'string'},key:{type:'array',items:{type:'string'}},rows:{type:'array',items:{type:'object'}}}},guarantee:()=>'transactional',declarable:[]};
const acts:any={http,'sql.upsert':up};
const head=`document: {dsl: '1.0.3', namespace: a, name: b, version: '1.0.0'}\n`;
function t(body:string,h=head,purpose:'check'|'deploy'='check'){const s=performance.now();const r=checkFlow(h+body,{hash,purpose,catalog:{describe:(n:string)=>acts[n],names:()=>Object.keys(acts)}});console.log('-----',body.slice(0,300));console.log(r.valid,(performance.now()-s)|0,'ms');for(const p of r.problems.slice(0,8))console.log('    ',p.severity[0],p.code.slice(10),p.line+':'+p.column,p.path,'::',p.message,'|',p.hint??'');}
t('do:\n- a:\n    sett: {x: 1}');
t('do:\n- a:\n    set: {x: 1}\n    call: http');
t('do:\n- a:\n    set: 5');
t('do:\n  a:\n    set: {x: 1}');
t('do:\n- a:\n  set: {x: 1}');
t('do:\n- a:\n    wait: 5 seconds');
t('do:\n- a:\n    wait: {minute: 5}');
t('do:\n- a:\n    call: http\n    with: {method: get, endpoint: "not a uri", foo: 1}');
t('do:\n- a:\n    call: http\n    with: {metod: get, endpoint: https://x/{id}, query: {a: 1}}');
t('do:\n- a:\n    try: []\n');
t('do:\n- a:\n    for: {in: 5}\n    do: []\n');
t('do:\n- a:\n    set: {x: 1}\n    when: .x\n');
t('do: []', "document: {dsl: '1.0', namespace: a_b, name: b, version: 1.0}\n");
t('foo: 1\nbar: 2', '');
t('- 1', '');
t('do: []', "document: {dsl: '1.1.0', namespace: a, name: b, version: 1.0.0}\n");
t('do:\n- a: {set: {x: 1}, then: c}\n- b: {set: {x: 1}, then: bee}\n- a: {set: {x: "${ .a + }"}}\n- end: {set: {x: 1}}\n');
t('do:\n- a:\n    switch:\n    - x: {then: end}\n    - y: {then: continue}\n- b: {raise: {error: nope}}\n- c: {set: {a: .b}}\nschedule: {}\n');
t(`do:
- a:
    if: $input.x > 1
    set:
      a: "Hello \${ .a } and \${ .b | foo }"
      b: "\${ $output }"
      c: |
        \${ .a
          | nosuch }
      d: "costs \${ 5"
    export: {as: '$context + {a: $output}'}
`);
t(`do:
- a:
    try:
    - b:
        call: http
        with: {method: post, endpoint: https://x/y}
        metadata: {pawl: {keyin: {header: X}, attempts: {for: P1D, timeout: 30s}, breaker: x, onAmbiguous: probe}}
    - c:
        call: sql.upsert
        with: {connection: db, tabel: x, rows: "\${ .rows }", key: [1]}
        metadata: {pawl: {guarantee: once, key: .id, keyIn: {header: A, body: b}}}
    - d: {call: sql.upset, timeout: nope}
    catch: {retry: {limit: {attempt: {count: 3}}, delay: {seconds: -4}}}
    metadata: {pawl: {guarantee: pure, batch: {size: 5}}}
`);
t(`do:
- a:
    for: {each: input, at: my at, in: .x}
    do:
    - b: {for: {in: .y}, do: [{x: {set: '\${ $item }', then: exit}}]}
input: {schema: {document: {type: objekt}}}
evaluate: {mode: loose}
`);
t(`do:\n- a: {fork: {branches: [{x: {set: {a: 1}}}]}}\n`, head, 'deploy');
t('do:\n'+Array.from({length:20000},(_, i)=>`- t${i}: { set: { a: "\${ .a }" } }\n`).join(''));
t('do:\n'+Array.from({length:20000},(_, i)=>`- t${i}: { set: { a: .a } }\n`).join(''));
let deep='{set: {a: 1}}'; for(let i=0;i<70;i++) deep=`{do: [{t: ${deep}}]}`; t('do: [{t: '+deep+'}]');
t(`do: [{a: {set: {x: 1}}}]`, `document: {dsl: '1.0.3', namespace: a, name: b, version: '1.0.0', metadata: {pawl: {deadline: 30 days, strat: 1, start: {key: '"x"', onDuplicate: retrun}, retain: P1D, defaults: {attempts: off, onAmbigous: ask}}}}\n`);
