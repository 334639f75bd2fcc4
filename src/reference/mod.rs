//! What the server says about itself: the OpenAPI documents of both APIs, and a page to read them.

pub mod compressed;
pub mod document;
pub mod viewer;
