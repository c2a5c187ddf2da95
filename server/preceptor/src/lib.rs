//! preceptor
