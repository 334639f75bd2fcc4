//! The envelopes that every JSON answer comes in.

use hyper::StatusCode;
use serde::Serialize;

use crate::wire::reply::Reply;

#[derive(Serialize)]
struct Success<'a, T> {
    success: bool,
    data: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<&'a Pagination>,
}

#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    error: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Field<'a>],
}

/// One entry of a 422's `errors`.
#[derive(Serialize)]
pub struct Field<'a> {
    /// The field, query parameter or header.
    pub field: &'a str,
    /// What is wrong and what would be right.
    pub message: &'a str,
}

/// Where a page stands in its list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    page: u64,
    limit: u64,
    total: u64,
    total_pages: u64,
    has_next: bool,
    has_prev: bool,
}

impl Pagination {
    /// Page `page`, counted from 1, of a list of `total` things, `limit` a page.
    pub fn new(page: u64, limit: u64, total: u64) -> Pagination {
        let total_pages = total.div_ceil(limit.max(1));
        Pagination { page, limit, total, total_pages, has_next: page < total_pages, has_prev: page > 1 }
    }
}

/// `{"success": true, "data": …}`
pub fn success(status: StatusCode, data: &impl Serialize) -> Reply {
    Reply::json(status, json(&Success { success: true, data, pagination: None }))
}

/// `{"success": true, "data": […], "pagination": …}`
pub fn page(data: &impl Serialize, pagination: &Pagination) -> Reply {
    Reply::json(StatusCode::OK, json(&Success { success: true, data, pagination: Some(pagination) }))
}

/// `{"success": false, "error": …}`, with `"errors"` if any field is named.
pub fn failure(status: StatusCode, error: &str, errors: &[Field<'_>]) -> Reply {
    Reply::json(status, json(&Failure { success: false, error, errors }))
}

/// An answer that says more than the usual envelopes hold.
pub fn raw(status: StatusCode, answer: &impl Serialize) -> Reply {
    Reply::json(status, json(answer))
}

/// Structs, strings, numbers and lists always serialize, so the empty answer is never seen.
fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    match serde_json::to_writer(&mut bytes, value) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_know_their_neighbours() {
        let flags = |page, total| {
            let pagination = Pagination::new(page, 20, total);
            (pagination.total_pages, pagination.has_prev, pagination.has_next)
        };
        assert_eq!(flags(1, 0), (0, false, false));
        assert_eq!(flags(1, 20), (1, false, false));
        assert_eq!(flags(1, 21), (2, false, true));
        assert_eq!(flags(2, 21), (2, true, false));
        assert_eq!(flags(9, 21), (2, true, false));
    }
}
