"""JAX (XLA CPU, jit) training steps T1, T2, T4."""
import os, sys, argparse
ap=argparse.ArgumentParser(); ap.add_argument("--threads",type=int,default=1); ap.add_argument("--out",default=""); ap.add_argument("--only",default="T1,T2,T4"); ap.add_argument("--min-s",type=float,default=1.5); A=ap.parse_args()
os.sched_setaffinity(0,set(range(A.threads)))
os.environ["XLA_FLAGS"]=f"--xla_cpu_multi_thread_eigen={'true' if A.threads>1 else 'false'} intra_op_parallelism_threads={A.threads}"
import jax, jax.numpy as jnp, numpy as np, optax
from timing import measure, emit
k=jax.random.PRNGKey(0); R=np.random.RandomState(0)
def ce(lo,y): return optax.softmax_cross_entropy_with_integer_labels(lo,y).mean()
def lin(i,o): return [jnp.array(R.randn(i,o)*(2/i)**.5,jnp.float32),jnp.zeros(o)]
def run(name,p,loss,opt,batch):
    if name[:2] not in A.only.split(","): return
    s=opt.init(p)
    @jax.jit
    def step(p,s,*b):
        l,g=jax.value_and_grad(loss)(p,*b); u,s=opt.update(g,s,p); return optax.apply_updates(p,u),s,l
    st=[p,s]
    def f():
        st[0],st[1],l=step(st[0],st[1],*batch); l.block_until_ready()
    emit(A.out,name,"jax","jit",A.threads,measure(f,min_s=A.min_s))
x=jnp.array(R.randn(64,784),jnp.float32); y=jnp.array(R.randint(0,10,64))
def mlp(p,x,y):
    for i,(w,b) in enumerate(p): x=x@w+b; x=jax.nn.relu(x) if i<2 else x
    return ce(x,y)
run("T1_mlp_train",[lin(784,256),lin(256,128),lin(128,10)],mlp,optax.adam(1e-3),(x,y))
def cv(o,i,kk): return [jnp.array(R.randn(kk,kk,i,o)*(2/(i*kk*kk))**.5,jnp.float32),jnp.zeros(o)]
def conv(x,p,pad): return jax.lax.conv_general_dilated(x,p[0],(1,1),pad,dimension_numbers=("NHWC","HWIO","NHWC"))+p[1]
def pool(x): return jax.lax.reduce_window(x,-jnp.inf,jax.lax.max,(1,2,2,1),(1,2,2,1),"VALID")
def lenet(p,x,y):
    x=pool(jax.nn.relu(conv(x,p[0],"SAME"))); x=pool(jax.nn.relu(conv(x,p[1],"VALID"))); x=x.reshape(64,400)
    for i in (2,3,4): x=x@p[i][0]+p[i][1]; x=jax.nn.relu(x) if i<4 else x
    return ce(x,y)
run("T2_lenet_train",[cv(6,1,5),cv(16,6,5),lin(400,120),lin(120,84),lin(84,10)],lenet,optax.sgd(.01,momentum=.9),(jnp.array(R.randn(64,28,28,1),jnp.float32),y))
def lstm(p,t,y):
    e=p["emb"][t]; xp=e@p["wx"]+p["b"]   # B,T,4H
    def cell(c,xt):
        h,c=c; z=xt+h@p["wh"]; i,f,g,o=jnp.split(z,4,-1); c=jax.nn.sigmoid(f)*c+jax.nn.sigmoid(i)*jnp.tanh(g); h=jax.nn.sigmoid(o)*jnp.tanh(c); return (h,c),h
    h0=jnp.zeros((32,256)); _,hs=jax.lax.scan(cell,(h0,h0),xp.transpose(1,0,2)); return ce(hs@p["wo"]+p["bo"],y.T)
P=dict(emb=jnp.array(R.randn(96,64),jnp.float32),wx=jnp.array(R.randn(64,1024)*.1,jnp.float32),wh=jnp.array(R.randn(256,1024)*.05,jnp.float32),b=jnp.zeros(1024),wo=jnp.array(R.randn(256,96)*.05,jnp.float32),bo=jnp.zeros(96))
run("T4_charlstm_train",P,lstm,optax.chain(optax.clip_by_global_norm(1.),optax.adam(1e-3)),(jnp.array(R.randint(0,96,(32,64))),jnp.array(R.randint(0,96,(32,64)))))
