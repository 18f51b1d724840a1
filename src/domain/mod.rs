//! Values with fallible constructors: what they hold is right.
