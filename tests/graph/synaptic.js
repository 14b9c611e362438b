// Writes synaptic.json: npm install synaptic@1.1.4, then node synaptic.js
const s=require('synaptic'), fs=require('fs');
let seed=7; function rnd(){seed=(seed*1103515245+12345)%2147483648;return seed/2147483648}
Math.random=rnd;
const nets={perc:new s.Architect.Perceptron(3,4,2),lstm:new s.Architect.LSTM(3,2,2),lstm2:new s.Architect.LSTM(2,3,2,2,{hiddenToHidden:true,outputToHidden:true,outputToGates:true}),liquid:new s.Architect.Liquid(2,8,1,14,0),hop:new s.Architect.Hopfield(5)};
const sq=new s.Architect.Perceptron(2,3,2); sq.layers.hidden[0].set({squash:s.Neuron.squash.TANH}); sq.layers.output.set({squash:s.Neuron.squash.IDENTITY}); nets.sq=sq;
const sr=new s.Architect.Perceptron(2,5,2); sr.layers.hidden[0].set({squash:s.Neuron.squash.RELU}); sr.layers.output.set({squash:s.Neuron.squash.HLIM}); nets.relu=sr;
const out={};
for(const k in nets){const n=nets[k]; n.setOptimize(false); const m=n.inputs();
 // train some, then export, then record what it answers
 for(let i=0;i<20;i++){n.activate(Array.from({length:m},()=>rnd()>.5?1:0)); n.propagate(.3,Array.from({length:n.outputs()},()=>rnd()>.5?1:0));}
 const json=JSON.parse(JSON.stringify(n.toJSON()));
 const xs=[],ys=[]; for(let i=0;i<12;i++){const x=Array.from({length:m},()=>Math.round(rnd()*100)/100); xs.push(x); ys.push(Array.from(n.activate(x)));}
 out[k]={json,xs,ys};}
fs.writeFileSync('synaptic.json',JSON.stringify(out));
