//! What the server says about itself: the OpenAPI documents of both APIs.

pub mod document;
