//! preceptor

pub mod check;
pub mod rules;
