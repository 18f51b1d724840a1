//! Flags and environment, parsed into what the process runs with. The only reader of the environment.
