//! The shell: observe, plan, act, record.
