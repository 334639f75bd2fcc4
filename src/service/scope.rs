//! Which API a path belongs to.

/// The API, and how much of the path is its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Akol's.
    Api {
        /// Where the rest of the path begins.
        root: usize,
    },
    /// The control API.
    Control {
        /// Where the rest of the path begins.
        root: usize,
    },
    /// The server's own reference, or nothing.
    Reference,
}

impl Scope {
    /// The scope of a path.
    pub(super) fn of(path: &str) -> Scope {
        let begins = |root: &str| {
            let rest = path.strip_prefix(root)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(root.len())
        };
        match (begins("/api/v1").or_else(|| begins("/api")), begins("/__admin")) {
            (Some(root), _) => Scope::Api { root },
            (None, Some(root)) => Scope::Control { root },
            (None, None) => Scope::Reference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_may_be_left_out() {
        let below = |path: &'static str| match Scope::of(path) {
            Scope::Api { root } => Some(&path[root..]),
            Scope::Control { .. } | Scope::Reference => None,
        };
        assert_eq!(below("/api/v1/calls"), Some("/calls"));
        assert_eq!(below("/api/calls"), Some("/calls"));
        assert_eq!(below("/api/v1"), Some(""));
        assert_eq!(below("/api/v10/calls"), Some("/v10/calls"));
        assert_eq!(below("/apiary"), None);
        assert_eq!(below("/"), None);
        assert_eq!(Scope::of("/__admin/health"), Scope::Control { root: 8 });
        assert_eq!(Scope::of("/__administrator"), Scope::Reference);
    }
}
