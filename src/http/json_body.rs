//! Bodies as JSON.

use std::sync::Arc;

use akol_mock_world::base::json::{Json, NotJson, Object};

/// A body that was read as JSON.
#[derive(Clone, Debug)]
pub enum JsonBody {
    /// It is an object.
    Object(Arc<Object>),
    /// It is anything else.
    Other(Arc<Json>),
    /// It is none.
    Malformed(NotJson),
}

impl JsonBody {
    /// Reads a text.
    pub fn read(text: &str) -> JsonBody {
        match Json::read(text) {
            Ok(Json::Object(object)) => JsonBody::Object(Arc::new(object)),
            Ok(other) => JsonBody::Other(Arc::new(other)),
            Err(error) => JsonBody::Malformed(error),
        }
    }
}
