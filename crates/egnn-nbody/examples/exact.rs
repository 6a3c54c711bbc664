#![allow(warnings)]
use egnn_nbody::*;
fn main(){
  let g=Generator{system:System::default(),source:Source::Reference,seed:43,splits:vec![("train".into(),10000),("valid".into(),2000),("test".into(),2000)]};
  for (name,s) in g.initial_states(){ for n in [1000,1700,2000,3000,5000,10000]{ if n>s.len(){continue}
   for k in 0..4 { let mut s=s[..n].to_vec(); for q in &mut s{q.position[0][0]+=k as f64*1e-13;} let a=simulate(&g.system,&s);
    let mut e=0.0;let (mut m,mut m2,mut sp)=(0.0,0.0,0.0); for t in 0..n{for b in 0..5{ let i=a.index(30,t,b); let j=a.index(40,t,b); let mut q=0.0; for k in 0..3{ let d=a.position[i][k]+0.72*a.velocity[i][k]-a.position[j][k]; e+=d*d; m+=a.position[i][k]; m2+=a.position[i][k].powi(2); q+=a.velocity[i][k].powi(2);} sp+=f64::sqrt(q);}} let c=(n*15) as f64; println!("{name} {n} twin {k} mse {:.5} std {:.5} speed {:.5}",e/c,(m2/c-(m/c).powi(2)).sqrt(),sp/(n*5) as f64);}
  }}
}
