//! CertCentral as a state machine behind the documented API.
