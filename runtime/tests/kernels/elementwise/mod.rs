//! Element-wise kernels.

mod activation;
mod binary;
mod dropout;
mod glu;
mod learned;
mod mean;
mod quant;
