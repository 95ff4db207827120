//! Element-wise kernels.

mod activation;
mod binary;
mod dropout;
mod learned;
mod mean;
mod quant;
