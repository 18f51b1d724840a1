//! A typed client of CertCentral's Services API v2.
