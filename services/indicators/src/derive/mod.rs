//! Everything that DERIVED defines, as pure functions of parts and a clock.
