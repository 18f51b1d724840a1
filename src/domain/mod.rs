//! Values with fallible constructors: what they hold is right. No I/O, no clock, no randomness.

pub mod budget;
pub mod csr;
pub mod order_key;
pub mod private_key;
pub mod redaction;
pub mod refusal;
pub mod request;
